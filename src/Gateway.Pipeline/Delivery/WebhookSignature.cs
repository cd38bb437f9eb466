using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Pipeline.Delivery;

/// <summary>What came of looking at a signature.</summary>
public enum SignatureStatus
{
    Valid,

    /// <summary>A header field is missing, or the timestamp is no number.</summary>
    Malformed,

    /// <summary>The timestamp is further from now than the tolerance: perhaps a replay.</summary>
    OutOfTolerance,

    /// <summary>No signature fits any of the secrets.</summary>
    Mismatch,
}

/// <summary>Signs and verifies webhooks: Standard Webhooks 1.0.0, scheme v1, HMAC-SHA256 over <c>id.timestamp.octets</c>.</summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>How far the clocks of sender and receiver may differ.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string Scheme = "v1,";

    /// <summary>A sender has one or two secrets; a stranger may put any number of signatures into the field.</summary>
    private const int MaxSignatures = 16;

    /// <summary>The value of <c>webhook-signature</c>: one signature for each secret, separated by spaces.</summary>
    /// <param name="id">The delivery's id; no full stop in it.</param>
    /// <param name="timestamp">Of this attempt; sent in whole seconds.</param>
    /// <param name="octets">The body exactly as it is sent.</param>
    /// <param name="secrets">One, or two while one is being changed.</param>
    public static string Sign(string id, DateTimeOffset timestamp, ReadOnlySpan<byte> octets, ImmutableArray<WebhookSecret> secrets)
    {
        var signatures = new List<string>(secrets.Length);
        foreach (var secret in secrets)
        {
            signatures.Add(Scheme + Convert.ToBase64String(Compute(id, Seconds(timestamp), octets, secret)));
        }

        return string.Join(' ', signatures);
    }

    /// <summary>The value of <c>webhook-timestamp</c>: seconds since 1970.</summary>
    public static string Seconds(DateTimeOffset timestamp) => timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether a webhook was signed with one of the secrets, lately. Compares in constant time; schemes other than v1 are passed over.</summary>
    /// <param name="headers">The three fields as received; null for one that is missing.</param>
    /// <param name="octets">The body exactly as received.</param>
    /// <param name="secrets">Those that the receiver knows.</param>
    /// <param name="now">The receiver's clock.</param>
    public static SignatureStatus Verify(WebhookHeaders headers, ReadOnlySpan<byte> octets, ImmutableArray<WebhookSecret> secrets, DateTimeOffset now)
    {
        if (headers is not { Id: { Length: > 0 } id, Timestamp: { } timestamp, Signature: { } signature }
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return SignatureStatus.Malformed;
        }

        // Both are non-negative seconds, so the difference cannot overflow.
        if (Math.Abs(Math.Max(now.ToUnixTimeSeconds(), 0) - seconds) > (long)Tolerance.TotalSeconds)
        {
            return SignatureStatus.OutOfTolerance;
        }

        var given = signature.Split(' ', MaxSignatures + 1, StringSplitOptions.RemoveEmptyEntries).Take(MaxSignatures);
        var candidates = given.Where(text => text.StartsWith(Scheme, StringComparison.Ordinal)).Select(text => text[Scheme.Length..]).ToArray();
        Span<byte> actual = stackalloc byte[HMACSHA256.HashSizeInBytes + 3];
        foreach (var secret in secrets)
        {
            var expected = Compute(id, timestamp, octets, secret);
            foreach (var candidate in candidates)
            {
                if (Convert.TryFromBase64String(candidate, actual, out var length)
                    && CryptographicOperations.FixedTimeEquals(expected, actual[..length]))
                {
                    return SignatureStatus.Valid;
                }
            }
        }

        return SignatureStatus.Mismatch;
    }

    private static byte[] Compute(string id, string seconds, ReadOnlySpan<byte> octets, WebhookSecret secret)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Key);
        mac.AppendData(Encoding.UTF8.GetBytes($"{id}.{seconds}."));
        mac.AppendData(octets);
        return mac.GetHashAndReset();
    }
}

/// <summary>The header fields that a receiver needs; null for one that was not sent.</summary>
public sealed record WebhookHeaders(string? Id, string? Timestamp, string? Signature);
