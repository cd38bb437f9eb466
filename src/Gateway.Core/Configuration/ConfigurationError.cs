namespace Gateway.Core.Configuration;

/// <summary>One thing that is wrong with a configuration document.</summary>
/// <param name="Path">Where: <c>endpoints[0].url</c>; "$" is the document; "line 3" when it is not JSON.</param>
/// <param name="Reason">What, in a sentence without a full stop.</param>
public sealed record ConfigurationError(string Path, string Reason)
{
    public override string ToString() => $"{Path}: {Reason}";
}
