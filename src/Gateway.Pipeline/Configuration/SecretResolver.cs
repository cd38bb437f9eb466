using System.Collections.Concurrent;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Pipeline.Delivery;

namespace Gateway.Pipeline.Configuration;

/// <summary>A secret, or what is wrong with the place that it was looked for in; the problem holds nothing of the secret.</summary>
public sealed record ResolvedSecret(WebhookSecret? Secret, string? Problem);

/// <summary>Reads a secret of the key vault that the host is set up with; null: there is none of the name.</summary>
/// <exception cref="IOException">It cannot be read; the message says why, for a log, and holds no secret.</exception>
public delegate ValueTask<string?> KeyVaultReader(string name, CancellationToken cancel);

/// <summary>
/// Reads secrets from where references point: <c>env:NAME</c>, <c>file:PATH</c> and <c>keyvault:NAME</c>. A changed one counts within a
/// minute, without a restart.
/// </summary>
/// <param name="clock">Tells when a secret is to be read again.</param>
/// <param name="keyVault">Null: the host has no key vault, and says so where one is asked for.</param>
public sealed class SecretResolver(TimeProvider clock, KeyVaultReader? keyVault = null)
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

    private async ValueTask<(string? Text, string? Problem)> ReadAsync(SecretReference reference, CancellationToken cancel)
    {
        switch (reference.Kind)
        {
            case "env":
                return Environment.GetEnvironmentVariable(reference.Name) is { } value ? (value, null) : (null, "the variable is not set");
            case "file":
                return await ReadFileAsync(reference.Name, cancel);
            case "keyvault":
                return keyVault is null ? (null, "no Key Vault is configured") : await ReadVaultAsync(keyVault, reference.Name, cancel);
            default:
                return (null, "no such kind of reference");
        }
    }

    private static async ValueTask<(string? Text, string? Problem)> ReadVaultAsync(KeyVaultReader keyVault, string name, CancellationToken cancel)
    {
        try
        {
            return await keyVault(name, cancel) is { } text ? (text, null) : (null, "there is no such secret in the Key Vault");
        }
        catch (IOException e)
        {
            return (null, e.Message);
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
