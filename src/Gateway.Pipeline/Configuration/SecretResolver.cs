using System.Collections.Concurrent;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Pipeline.Delivery;

namespace Gateway.Pipeline.Configuration;

/// <summary>A secret, or what is wrong with the place that it was looked for in; the problem holds nothing of the secret.</summary>
public sealed record ResolvedSecret(WebhookSecret? Secret, string? Problem);

/// <summary>Reads secrets from where references point: <c>env:NAME</c> and <c>file:PATH</c>. A changed one counts within a minute, without a restart.</summary>
public sealed class SecretResolver(TimeProvider clock)
{
    /// <summary>How long a secret is used before it is read again. One that could not be read is looked for each time.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(60);

    /// <summary>A secret's text has under 100 octets; whoever points at a big file has made a mistake.</summary>
    private const int MaxFileOctets = 4096;

    private readonly ConcurrentDictionary<SecretReference, (WebhookSecret Secret, long Timestamp)> _read = [];

    public async ValueTask<ResolvedSecret> ResolveAsync(SecretReference reference, CancellationToken cancel)
    {
        if (_read.TryGetValue(reference, out var known) && clock.GetElapsedTime(known.Timestamp) < Freshness)
        {
            return new(known.Secret, null);
        }

        var (text, problem) = await ReadAsync(reference, cancel);
        if (text is null)
        {
            return new(null, problem);
        }

        if (!WebhookSecret.TryParse(text, out var secret, out problem))
        {
            return new(null, problem);
        }

        _read[reference] = (secret, clock.GetTimestamp());
        return new(secret, null);
    }

    private static async ValueTask<(string? Text, string? Problem)> ReadAsync(SecretReference reference, CancellationToken cancel)
    {
        switch (reference.Kind)
        {
            case "env":
                return Environment.GetEnvironmentVariable(reference.Name) is { } value ? (value, null) : (null, "the variable is not set");
            case "file":
                return await ReadFileAsync(reference.Name, cancel);
            default:
                return (null, "no such kind of reference");
        }
    }

    private static async ValueTask<(string? Text, string? Problem)> ReadFileAsync(string path, CancellationToken cancel)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var octets = new byte[MaxFileOctets + 1];
            var length = await file.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancel);
            return length > MaxFileOctets ? (null, $"the file has more than {MaxFileOctets} octets") : (Encoding.UTF8.GetString(octets, 0, length), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return (null, e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "the file cannot be read");
        }
    }
}
