using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Ports;

namespace Gateway.Local.Files;

/// <summary>
/// A certificate that somebody else puts into files and renews there: PKCS #12 without a password, or PEM as certbot
/// (<c>fullchain.pem</c>, <c>privkey.pem</c>) and Kubernetes secrets (<c>tls.crt</c>, <c>tls.key</c>) write it. The files are only read.
/// </summary>
/// <remarks>
/// A renewal that is half done (a new certificate beside the old key) is an error until the other half is there. What has not changed
/// is not parsed again: the same object is returned.
/// </remarks>
/// <param name="path">The certificate and its chain; with the key, unless <paramref name="keyPath"/> has it.</param>
/// <param name="keyPath">The key as PEM, when <paramref name="path"/> is PEM without it; null: both are in one file.</param>
public sealed class ProvidedCertificateSource(string path, string? keyPath) : ICertificateSource
{
    private const int MaxOctets = 1024 * 1024;
    private readonly string _path = Path.GetFullPath(path);
    private readonly string? _keyPath = keyPath is null ? null : Path.GetFullPath(keyPath);
    private volatile Known? _last;

    /// <inheritdoc/>
    /// <remarks>A file that is missing is an error too and never null: whoever names one means it.</remarks>
    public async ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel)
    {
        var octets = await ReadFileAsync(_path, cancel);
        var key = _keyPath is null ? [] : await ReadFileAsync(_keyPath, cancel);
        byte[] all = [.. octets, (byte)'\n', .. key];
        var hash = Convert.ToHexStringLower(SHA256.HashData(all));
        if (_last is { } last && last.Hash == hash)
        {
            return last.Certificate;
        }

        var certificate = Parse(octets, all);
        _last = new(hash, certificate);
        return certificate;
    }

    private ServerCertificate Parse(byte[] octets, byte[] all)
    {
        var name = _keyPath is null ? _path : $"{_path} with {_keyPath}";
        if (octets.AsSpan().IndexOf("-----BEGIN "u8) >= 0)
        {
            return ServerCertificate.FromPem(Encoding.UTF8.GetString(all), name);
        }

        return _keyPath is null
            ? ServerCertificate.FromPkcs12(octets, name)
            : throw new IOException($"{_path} is not PEM, which it must be beside a file for the key");
    }

    private static async ValueTask<byte[]> ReadFileAsync(string path, CancellationToken cancel)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var octets = new byte[MaxOctets + 1];
            var length = await file.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancel);
            return length <= MaxOctets ? octets[..length] : throw new IOException($"{path} has more than {MaxOctets} octets");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path}: there is no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be read", e);
        }
    }

    private sealed record Known(string Hash, ServerCertificate Certificate);
}
