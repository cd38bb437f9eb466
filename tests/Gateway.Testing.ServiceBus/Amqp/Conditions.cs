using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Every error that the broker can answer, so that the wire vocabulary is read in one place.</summary>
internal static class Conditions
{
    public static readonly Error LockLost = Error("com.microsoft:message-lock-lost", "The lock is lost: it has expired, or the message is settled already.");
    public static readonly Error ServerBusy = Error("com.microsoft:server-busy", "The server is busy.");
    public static readonly Error QuotaExceeded = Error(AmqpErrorCode.ResourceLimitExceeded, "The queue is full.");
    public static readonly Error MessageNotFound = Error("com.microsoft:message-not-found", "No such message in the state that this asks for.");
    public static readonly Error MessageTooLarge = Error(AmqpErrorCode.MessageSizeExceeded, "The message is larger than the queue takes.");
    public static readonly Error BadMessage = Error(AmqpErrorCode.DecodeError, "The message is malformed.");
    public static readonly Error BadRequest = Error("com.microsoft:argument-error", "The request is malformed.");
    public static readonly Error NotImplemented = Error(AmqpErrorCode.NotImplemented, "The broker does not do that.");
    public static readonly Error NoSuchNode = Error(AmqpErrorCode.NotFound, "The messaging entity could not be found.");
    public static readonly Error NoSendToDeadLetters = Error(AmqpErrorCode.NotAllowed, "Nobody sends to a dead-letter subqueue.");
    public static readonly Error Unauthorized = Error(AmqpErrorCode.UnauthorizedAccess, "No valid token was put for this entity.");
    public static readonly Error TooMuch = Error(AmqpErrorCode.ResourceLimitExceeded, "The connection holds more than one may.");

    private static Error Error(AmqpSymbol condition, string description) => new() { Condition = condition, Description = description };
}
