namespace Gateway.Core.Events;

/// <summary>The result of one check, in the words of RFC 8601 section 2.7 or "not_evaluated" when its facts were missing.</summary>
public sealed record MethodResult
{
    public const string NotEvaluated = "not_evaluated";

    /// <summary>"spf", "dkim", "dmarc", "arc", "iprev", "dnsbl".</summary>
    public required string Method { get; init; }

    /// <summary>"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy" or "not_evaluated".</summary>
    public required string Result { get; init; }

    /// <summary>The domain that was judged; null when there was none.</summary>
    public string? Domain { get; init; }

    /// <summary>The DKIM selector; null for other methods.</summary>
    public string? Selector { get; init; }

    /// <summary>The policy that the domain publishes (DMARC "none", "quarantine", "reject"); null for other methods.</summary>
    public string? Policy { get; init; }

    /// <summary>Why, in our own words; holds nothing a client sent.</summary>
    public string? Reason { get; init; }
}
