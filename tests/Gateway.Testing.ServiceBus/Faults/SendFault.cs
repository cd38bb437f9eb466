namespace Gateway.Testing.ServiceBus.Faults;

/// <summary>What goes wrong with one send.</summary>
internal enum SendFaultKind
{
    None,

    /// <summary>The connection ends, and nothing was stored.</summary>
    CutBeforeStore,

    /// <summary>Refused, nothing stored: com.microsoft:server-busy.</summary>
    ServerBusy,

    /// <summary>Refused, nothing stored: amqp:resource-limit-exceeded.</summary>
    QuotaExceeded,

    /// <summary>Stored, and the connection ends before the sender hears of it.</summary>
    AnswerLost,
}

/// <summary>The fault of one send, and how long its answer takes.</summary>
internal readonly record struct SendFault(SendFaultKind Kind, TimeSpan Delay);
