using System.Collections.Immutable;

namespace Gateway.Core.Events;

/// <summary>All that Inspect found out about a message. Parts that were not evaluated are present and say so.</summary>
public sealed record Verdict
{
    public required AuthenticationVerdict Authentication { get; init; }

    public required SenderVerdict Sender { get; init; }

    public required SpamVerdict Spam { get; init; }

    /// <summary>A machine sent it (RFC 3834 section 5, list and bulk headers): not to be answered automatically.</summary>
    public bool Automated { get; init; }

    /// <summary>What is wrong with the message; words of a closed set, each once.</summary>
    public ImmutableArray<string> Defects { get => field.IsDefault ? [] : field; init; } = [];
}

/// <summary>Results of RFC 7208, 6376, 9989, 8617 and 8601 section 3.</summary>
public sealed record AuthenticationVerdict
{
    public required MethodResult Spf { get; init; }

    /// <summary>One for each signature up to a cap; empty when there is none or when signatures were not evaluated.</summary>
    public ImmutableArray<MethodResult> Dkim { get => field.IsDefault ? [] : field; init; } = [];

    public required MethodResult Dmarc { get; init; }

    public required MethodResult Arc { get; init; }

    public required MethodResult Iprev { get; init; }

    /// <summary>Every method "not_evaluated", with one reason for all.</summary>
    public static AuthenticationVerdict NotEvaluated(string reason) => new()
    {
        Spf = Skipped("spf", reason),
        Dmarc = Skipped("dmarc", reason),
        Arc = Skipped("arc", reason),
        Iprev = Skipped("iprev", reason),
    };

    private static MethodResult Skipped(string method, string reason) =>
        new() { Method = method, Result = MethodResult.NotEvaluated, Reason = reason };
}

/// <summary>The one-field answer to "who sent this?".</summary>
/// <param name="Domain">Domain of the From address, lower case; null when there is none or more than one.</param>
/// <param name="Verified">Somebody in charge of that domain vouches for the message.</param>
/// <param name="By">"dkim", "spf" or "arc"; null when not verified.</param>
public sealed record SenderVerdict(string? Domain, bool Verified, string? By);

/// <summary>The spam judgement.</summary>
/// <param name="Class">"ham", "spam" or "not_evaluated".</param>
/// <param name="Score">Sum over the symbols; null when not evaluated.</param>
/// <param name="Required">The score from which on it is spam; null when not evaluated.</param>
/// <param name="Symbols">Names of the rules that matched.</param>
public sealed record SpamVerdict(string Class, double? Score, double? Required, ImmutableArray<string> Symbols)
{
    public static readonly SpamVerdict NotEvaluated = new(MethodResult.NotEvaluated, null, null, []);
}
