using System.Security.Cryptography;
using Gateway.Core.Ports;

namespace Gateway.Local.Files;

/// <summary>The configuration document as a file. Its ETag is a hash of its octets, so a file touched or replaced by its equal is the same.</summary>
public sealed class FileConfigurationSource(string path) : IConfigurationSource
{
    public string Name { get; } = Path.GetFullPath(path);

    public async ValueTask<ConfigurationText?> ReadAsync(CancellationToken cancel)
    {
        try
        {
            await using var file = new FileStream(Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > IConfigurationSource.MaxOctets)
            {
                throw new IOException($"{Name} has more than {IConfigurationSource.MaxOctets} octets");
            }

            var octets = new MemoryStream();
            await file.CopyToAsync(octets, cancel);
            return new(octets.ToArray(), ETagOf(octets.ToArray()));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Writes beside the file and renames, so that a reader sees the old document or the new one. Processes are not kept apart.</summary>
    public async ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> octets, string? eTag, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(octets.Length, IConfigurationSource.MaxOctets);
        if ((await ReadAsync(cancel))?.ETag != eTag)
        {
            return null;
        }

        var unfinished = Name + ".new";
        await using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await file.WriteAsync(octets, cancel);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, Name, overwrite: true);
        return ETagOf(octets.Span);
    }

    private static string ETagOf(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(SHA256.HashData(octets));
}
