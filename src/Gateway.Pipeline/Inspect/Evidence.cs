using System.Collections.Immutable;
using Gateway.Core.Events;

namespace Gateway.Pipeline.Inspect;

/// <summary>The authentication verdict out of what admission found out in the session; what it did not is "not_evaluated".</summary>
internal static class Evidence
{
    /// <summary>Why nothing was evaluated, in words of our own.</summary>
    public const string NotBuilt = "This version does not evaluate it";

    /// <summary>Methods that judge the client's address have nothing to judge (invariant 9).</summary>
    public const string ClientUnknown = "The client's address is unknown";

    private const int MaxSignatures = 10;

    public static AuthenticationVerdict Authentication(ReceivedEvent received)
    {
        var found = received.Evidence;
        var none = AuthenticationVerdict.NotEvaluated(NotBuilt);
        var blind = received.Client.Source == ClientSource.Unknown ? AuthenticationVerdict.NotEvaluated(ClientUnknown) : none;
        return new()
        {
            Spf = Find(found, "spf") ?? blind.Spf,
            Dkim = [.. found.Where(result => result.Method == "dkim").Take(MaxSignatures)],
            Dmarc = Find(found, "dmarc") ?? none.Dmarc,
            Arc = Find(found, "arc") ?? none.Arc,
            Iprev = Find(found, "iprev") ?? blind.Iprev,
        };
    }

    private static MethodResult? Find(ImmutableArray<MethodResult> found, string method) => found.FirstOrDefault(result => result.Method == method);
}
