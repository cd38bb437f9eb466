using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Gateway.Pipeline.Delivery;

/// <summary>A secret that signs webhooks (Standard Webhooks, "Signature scheme"): <c>whsec_</c> and 24 to 64 octets in base64.</summary>
public sealed class WebhookSecret
{
    public const string Prefix = "whsec_";
    public const int MinOctets = 24;
    public const int MaxOctets = 64;

    private const int NewOctets = 32;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    internal ReadOnlySpan<byte> Key => _key;

    /// <summary>Takes the text form, blanks around it left out.</summary>
    /// <param name="text">What the variable or file holds.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="problem">What is wrong with it, and nothing of it.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out WebhookSecret? secret, [NotNullWhen(false)] out string? problem)
    {
        secret = null;
        var trimmed = text.AsSpan().Trim();
        if (!trimmed.StartsWith(Prefix, StringComparison.Ordinal))
        {
            problem = trimmed.IsEmpty ? "it is empty" : $"it does not begin with {Prefix}";
            return false;
        }

        var key = new byte[MaxOctets + 3];
        var encoded = trimmed[Prefix.Length..];
        if (encoded.Length > MaxOctets * 2 || !Convert.TryFromBase64Chars(encoded, key, out var octets))
        {
            problem = $"what follows {Prefix} is not base64 of {MinOctets} to {MaxOctets} octets";
            return false;
        }

        if (octets is < MinOctets or > MaxOctets)
        {
            problem = $"it holds {octets} octets; {MinOctets} to {MaxOctets} are needed";
            return false;
        }

        problem = null;
        secret = new(key[..octets]);
        return true;
    }

    /// <exception cref="FormatException">It is no secret; the message holds nothing of it.</exception>
    public static WebhookSecret Parse(string text) =>
        TryParse(text, out var secret, out var problem) ? secret : throw new FormatException($"Not a webhook secret: {problem}");

    /// <summary>A new secret of 32 random octets in its text form, to be put where an endpoint's reference points.</summary>
    public static string New() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(NewOctets));

    /// <summary>Never the secret: it may end up in a log.</summary>
    public override string ToString() => $"{Prefix}…";
}
