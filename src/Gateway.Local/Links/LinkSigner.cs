using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Core;
using Gateway.Core.Ports;

namespace Gateway.Local.Links;

/// <summary>Makes and checks the addresses under which raw messages and parts can be read for a while by whoever holds one.</summary>
/// <param name="publicUrl">Where the link endpoint is reached from outside; a path in it is kept.</param>
/// <param name="key">Random, kept in the data directory: links survive a restart and end with the directory.</param>
/// <param name="clock">Tells what has expired.</param>
public sealed class LinkSigner(Func<Uri> publicUrl, byte[] key, TimeProvider clock)
{
    /// <summary>The path under the public URL.</summary>
    public const string Path = "links";

    /// <summary>Octets of a key.</summary>
    public const int KeyOctets = 32;

    public Uri Sign(MessageId id, StoredLink link, DateTimeOffset expires)
    {
        var seconds = expires.ToUnixTimeSeconds();
        var url = new StringBuilder(publicUrl().AbsoluteUri.TrimEnd('/'))
            .Append(CultureInfo.InvariantCulture, $"/{Path}/{id}/{link.Part ?? "raw"}?expires={seconds}&type={Uri.EscapeDataString(link.ContentType)}");
        if (link.FileName is not null)
        {
            url.Append(CultureInfo.InvariantCulture, $"&name={Uri.EscapeDataString(link.FileName)}");
        }

        return new(url.Append(CultureInfo.InvariantCulture, $"&signature={Mac(id, link, seconds)}").ToString());
    }

    /// <summary>True when this signer made the link and its time has not run out.</summary>
    public bool Verify(MessageId id, StoredLink link, long expiresSeconds, string signature)
    {
        var wanted = Encoding.ASCII.GetBytes(Mac(id, link, expiresSeconds));
        return CryptographicOperations.FixedTimeEquals(wanted, Encoding.UTF8.GetBytes(signature))
            && clock.GetUtcNow().ToUnixTimeSeconds() < expiresSeconds;
    }

    /// <summary>Every value stands behind its length, so no two links share what is signed.</summary>
    private string Mac(MessageId id, StoredLink link, long expiresSeconds)
    {
        var values = (string[])[id.ToString(), link.Part ?? "", link.ContentType, link.FileName is null ? "" : "=" + link.FileName];
        var signed = string.Create(CultureInfo.InvariantCulture, $"{expiresSeconds}{string.Concat(values.Select(value => $"\n{value.Length}:{value}"))}");
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
    }
}
