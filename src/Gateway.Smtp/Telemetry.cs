using System.Diagnostics;
using Gateway.Core;

namespace Gateway.Smtp;

/// <summary>What is told to whoever listens, besides logs and metrics.</summary>
internal static class Telemetry
{
    public const string Name = "Gateway.Smtp";

    /// <summary>Just before the final 250 of a message is written: it is durable, and its client does not know yet. Crash tests stop here.</summary>
    public const string ReplySending = "reply.sending";

    /// <summary>One activity for each message, from DATA to its final reply. No addresses.</summary>
    public static readonly ActivitySource Source = new(Name);

    private static readonly DiagnosticListener Events = new(Name);

    public static void SendingReply(MessageId id)
    {
        if (Events.IsEnabled(ReplySending))
        {
            Events.Write(ReplySending, id);
        }
    }
}
