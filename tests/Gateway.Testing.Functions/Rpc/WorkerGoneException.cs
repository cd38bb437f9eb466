namespace Gateway.Testing.Functions.Rpc;

/// <summary>The worker's stream is at its end.</summary>
internal sealed class WorkerGoneException(string message, bool wasSent) : Exception(message)
{
    /// <summary>False: the request never left, and another worker may have it.</summary>
    public bool WasSent { get; } = wasSent;
}
