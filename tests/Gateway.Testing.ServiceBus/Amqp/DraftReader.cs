using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Wire;
using Microsoft.Azure.Amqp;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Reads from a sender's octets what a queue acts on.</summary>
internal static class DraftReader
{
    /// <summary>The message format of a batch; plain messages have 0 (Service Bus' own, AMQP names only 0).</summary>
    private const uint BatchFormat = 0x80013700;

    private const int MaxMessageIdCharacters = 128;
    private const string ScheduledEnqueueTime = "x-opt-scheduled-enqueue-time";

    /// <summary>The one message of a transfer, or all of a batch.</summary>
    /// <exception cref="WireFormatException">One of them is malformed: none is to be taken.</exception>
    public static IReadOnlyList<Draft> Read(AmqpMessage transfer)
    {
        var octets = OctetsOf(transfer);
        return transfer.MessageFormat == BatchFormat
            ? [.. MessageSections.Split(octets).Unbatch().Select(Read)]
            : [Read(octets)];
    }

    public static Draft Read(ReadOnlyMemory<byte> octets)
    {
        var sections = MessageSections.Split(octets);
        if (sections.MessageId is { Length: > MaxMessageIdCharacters })
        {
            throw new WireFormatException("A message-id is too long");
        }

        var due = sections.Annotations.FirstOrDefault(entry => entry.Key == ScheduledEnqueueTime).Value;
        return new(
            octets,
            sections.MessageId,
            sections.Header.TimeToLiveMilliseconds is { } life ? TimeSpan.FromMilliseconds(life) : null,
            due.IsEmpty ? null : WireValue.AsTimestamp(due.Span));
    }

    /// <remarks>The library's own way to a received message's payload encodes anew what it has parsed, and loses sections that it has not.</remarks>
    private static byte[] OctetsOf(AmqpMessage transfer)
    {
        var octets = new byte[transfer.RawByteBuffers.Sum(buffer => buffer.Length)];
        var position = 0;
        foreach (var buffer in transfer.RawByteBuffers)
        {
            buffer.Buffer.AsSpan(buffer.Offset, buffer.Length).CopyTo(octets.AsSpan(position));
            position += buffer.Length;
        }

        return octets;
    }
}
