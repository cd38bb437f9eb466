namespace Gateway.Azure.Bus;

/// <summary>Why an event was not sent.</summary>
public enum EventFault
{
    /// <summary>The queue does not answer, refuses for now, or the sender is closing: trying again may help. The event may be there all the same.</summary>
    Unavailable,

    /// <summary>No queue of this kind takes it: our own fault, since events are kept small. It was not sent.</summary>
    TooLarge,
}

/// <summary>An event was not accepted by its queue, or it is not known whether it was; the inner exception says why, if a service did.</summary>
public sealed class EventException(EventFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public EventFault Fault { get; } = fault;
}
