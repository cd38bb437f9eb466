using System.Diagnostics;

namespace Gateway.Azure;

/// <summary>
/// Named points of the durable path, for tools that attach by <see cref="DiagnosticListener"/> "Gateway.Azure": the crash tests end the
/// process at them. Without a subscriber a point costs one comparison.
/// </summary>
internal static class AzureDiagnostics
{
    /// <summary>A block of a message is with the store, and nobody can see it yet.</summary>
    public const string BlobStaged = "blob.staged";

    /// <summary>The raw message is durable; its event is not sent.</summary>
    public const string BlobStored = "blob.stored";

    /// <summary>Just before events are handed to the queue.</summary>
    public const string EventSending = "event.sending";

    /// <summary>The queue has taken events, and their sessions do not know yet.</summary>
    public const string EventAccepted = "event.accepted";

    private static readonly DiagnosticListener Listener = new(AzureTelemetry.Name);

    public static void Write(string point)
    {
        if (Listener.IsEnabled(point))
        {
            Listener.Write(point, null);
        }
    }
}
