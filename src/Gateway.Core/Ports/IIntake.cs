using Gateway.Core.Events;

namespace Gateway.Core.Ports;

/// <summary>Where the octets of a message and its event become durable together (invariant 1).</summary>
public interface IIntake
{
    /// <summary>Opens a place for one message. Nothing of it can be seen by others before it is committed.</summary>
    /// <exception cref="IntakeException">There is no place now.</exception>
    ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel);
}

/// <summary>One message on its way in: written, perhaps sealed, then committed; disposed without a commit it is abandoned.</summary>
/// <remarks>
/// Used by one caller at a time. After a failed or cancelled commit nothing is deleted that a queued event may refer to: the outcome is
/// unknown, the client is told to try again, and an orphan is collected later.
/// </remarks>
public interface IIntakeMessage : IAsyncDisposable
{
    /// <summary>Appends octets; they are copied or written before the call completes.</summary>
    /// <exception cref="IntakeException">They could not be stored.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel);

    /// <summary>Ends the writing and hands the octets back for reading (seekable), before it is decided whether to take the message.</summary>
    /// <exception cref="IntakeException">They could not be stored.</exception>
    ValueTask<Stream> SealAsync(CancellationToken cancel);

    /// <summary>Completes when the raw message is durable and the event is accepted by the queue; only then may the client be told 250.</summary>
    /// <exception cref="IntakeException">One of them failed, or may have.</exception>
    ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel);
}

/// <summary>Why a message could not be taken in.</summary>
public enum IntakeFault
{
    /// <summary>The store or the queue does not answer, or not in time: 451 4.3.0.</summary>
    Unavailable,

    /// <summary>There is no space: 452 4.3.1.</summary>
    Full,
}

/// <summary>A message could not be made durable. The client gets a 4xx by the fault; the cause goes to the log.</summary>
public sealed class IntakeException(IntakeFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public IntakeFault Fault { get; } = fault;
}
