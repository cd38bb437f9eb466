using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Core.Events;

namespace Gateway.Smtp.Transport;

/// <summary>What a client's certificate says, in one handshake. Everything in it is the client's to choose; OpenSSL takes 100 KB of certificates at most.</summary>
internal sealed class ClientCertificateReading
{
    /// <summary>Longest name as text.</summary>
    public const int MaxNameCharacters = 256;

    /// <summary>Longest name that is decoded, in octets.</summary>
    private const int MaxNameOctets = 4_096;

    /// <summary>After the handshake; null: none was offered, or it cannot be read.</summary>
    public ClientCertificate? Offered { get; private set; }

    /// <summary>How chains are built: by what was sent and what this machine has. What a client sends never makes us connect to anywhere.</summary>
    public static X509ChainPolicy Policy() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
    };

    /// <summary>Takes any, and none: a <see cref="RemoteCertificateValidationCallback"/>.</summary>
    public bool Take(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Offered = certificate is X509Certificate2 offered ? Read(offered, chain) : null;
        return true;
    }

    /// <param name="certificate">What was offered.</param>
    /// <param name="chain">Built; null: none could be.</param>
    public static ClientCertificate? Read(X509Certificate2 certificate, X509Chain? chain)
    {
        try
        {
            return new(
                Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
                NameOf(certificate.SubjectName),
                NameOf(certificate.IssuerName),
                new DateTimeOffset(certificate.NotAfter).ToUniversalTime(),
                chain is { ChainElements.Count: > 0 } && Array.TrueForAll(chain.ChainStatus, status => status.Status == X509ChainStatusFlags.NotValidForUsage));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null; // OpenSSL took what .NET cannot read
        }
    }

    /// <summary>Printable ASCII as it is, everything else as <c>\XX</c> for each octet of its UTF-8 (RFC 4514 section 2.4); cut before what has no room.</summary>
    public static string Printable(string name)
    {
        var text = new StringBuilder();
        Span<byte> octets = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            var isPlain = rune.Value is >= ' ' and <= '~' and not '\\';
            var length = rune.EncodeToUtf8(octets);
            if (text.Length + (isPlain ? 1 : 3 * length) > MaxNameCharacters)
            {
                break;
            }

            if (isPlain)
            {
                text.Append((char)rune.Value);
                continue;
            }

            foreach (var octet in octets[..length])
            {
                text.Append(CultureInfo.InvariantCulture, $"\\{octet:X2}");
            }
        }

        return text.ToString();
    }

    private static string NameOf(X500DistinguishedName name)
    {
        try
        {
            return name.RawData.Length <= MaxNameOctets ? Printable(name.Name) : "";
        }
        catch (CryptographicException)
        {
            return "";
        }
    }
}
