using System.Collections.Immutable;
using Gateway.Testing.ServiceBus.Amqp;
using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Wire;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Tests.Wire;

/// <summary>The library, which is the client's own, reads what the broker writes.</summary>
public sealed class DeliveryEncoderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_sender_cannot_set_what_is_the_brokers_to_say()
    {
        var sent = AmqpMessage.Create(new AmqpValue { Value = "body" });
        sent.Header.DeliveryCount = 99;
        sent.MessageAnnotations.Map["x-opt-sequence-number"] = 99L;
        sent.MessageAnnotations.Map["x-opt-locked-until"] = DateTime.UnixEpoch;
        sent.MessageAnnotations.Map["x-opt-deadletter-source"] = "elsewhere";
        sent.MessageAnnotations.Map["x-opt-partition-key"] = "kept";

        var read = Read(DeliveryEncoder.Encode(View(sent), peeked: false));

        Assert.Equal(2u, read.Header.DeliveryCount);
        Assert.Equal(17L, read.MessageAnnotations.Map["x-opt-sequence-number"]);
        Assert.Equal(Now.UtcDateTime, read.MessageAnnotations.Map["x-opt-locked-until"]);
        Assert.Null(read.MessageAnnotations.Map["x-opt-deadletter-source"]);
        Assert.Equal("kept", read.MessageAnnotations.Map["x-opt-partition-key"]);
        Assert.Equal("body", read.ValueBody.Value);
    }

    [Fact]
    public void A_settlement_replaces_adds_and_leaves_properties()
    {
        var sent = AmqpMessage.Create(new AmqpValue { Value = "body" });
        sent.ApplicationProperties.Map["kept"] = 1;
        sent.ApplicationProperties.Map["replaced"] = 2;
        var view = View(sent) with
        {
            Changes = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty.Add("replaced", WireWriter.Text("new")).Add("added", WireWriter.Text("too")),
            DeadLetter = new("reason", null, "queue"),
        };

        var map = Read(DeliveryEncoder.Encode(view, peeked: false)).ApplicationProperties.Map;

        Assert.Equal([1, "new", "too", "reason", null], new[] { "kept", "replaced", "added", "DeadLetterReason", "DeadLetterErrorDescription" }.Select(key => map[key]));
    }

    [Fact]
    public void The_count_is_always_there_and_one_less_for_a_delivery()
    {
        var sent = AmqpMessage.Create(new AmqpValue { Value = "body" });

        Assert.Equal(0u, Read(DeliveryEncoder.Encode(View(sent) with { DeliveryCount = 1 }, peeked: false)).Header.DeliveryCount);
        Assert.Equal(0u, Read(DeliveryEncoder.Encode(View(sent) with { DeliveryCount = 0 }, peeked: true)).Header.DeliveryCount);
    }

    private static MessageView View(AmqpMessage sent) => new(
        MessageSectionsTests.OctetsOf(sent),
        17,
        16,
        Now,
        3,
        MessageState.Active,
        Guid.NewGuid(),
        Now,
        ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty,
        null);

    private static AmqpMessage Read(byte[] octets) => AmqpMessage.CreateInputMessage(new BufferListStream([new ArraySegment<byte>(octets)]));
}
