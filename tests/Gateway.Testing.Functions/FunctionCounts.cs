namespace Gateway.Testing.Functions;

/// <summary>How often a function was invoked, over all workers.</summary>
/// <remarks>Those that run, or wait for a worker, are started and neither succeeded nor failed. To fail is also to be too slow, or to lose the worker.</remarks>
public sealed record FunctionCounts(long Started, long Succeeded, long Failed)
{
    public long Running => Started - Succeeded - Failed;
}
