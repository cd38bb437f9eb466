using Gateway.Core;

namespace Gateway.Pipeline.Inspect;

/// <summary>The domain of an author address in the form in which domains are compared.</summary>
internal static class SenderDomain
{
    /// <summary>Lower case, U-labels as A-labels (<see cref="Idna"/>), no last dot; null for what is no domain name.</summary>
    public static string? Of(string? domain) => Idna.ToAscii((domain ?? "").AsSpan().TrimEnd('.'));
}
