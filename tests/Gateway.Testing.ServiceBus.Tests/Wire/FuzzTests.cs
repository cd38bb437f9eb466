using System.Collections.Immutable;
using Gateway.Testing.ServiceBus.Amqp;
using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Wire;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Tests.Wire;

/// <summary>Whatever comes in: it is a message, or it is refused by the one exception that says so. What was taken can be delivered.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 200_000;

    [Fact]
    public void Random_octets_are_refused_or_taken_and_nothing_else()
    {
        var random = new Random(20261124);
        for (var round = 0; round < Rounds; round++)
        {
            var octets = new byte[random.Next(64)];
            random.NextBytes(octets);
            Try(octets);
        }
    }

    [Fact]
    public void Damaged_messages_are_refused_or_taken_and_nothing_else()
    {
        var random = new Random(20261125);
        var whole = Whole();
        for (var round = 0; round < Rounds; round++)
        {
            var octets = whole.AsSpan(0, random.Next(4) == 0 ? random.Next(whole.Length) : whole.Length).ToArray();
            for (var damage = random.Next(1, 5); damage > 0 && octets.Length > 0; damage--)
            {
                // Half of it with octets that mean something, which random ones seldom do.
                octets[random.Next(octets.Length)] = random.Next(2) == 0
                    ? (byte)random.Next(256)
                    : new byte[] { 0x00, 0x40, 0x45, 0x53, 0x73, 0x75, 0x80, 0xA1, 0xB0, 0xC0, 0xC1, 0xD0, 0xD1, 0xFF }[random.Next(14)];
            }

            Try(octets);
        }
    }

    private static void Try(byte[] octets)
    {
        try
        {
            var draft = DraftReader.Read(octets);
            var sections = MessageSections.Split(draft.Octets);
            var delivery = DeliveryEncoder.Encode(ViewOf(draft), peeked: false);
            var again = MessageSections.Split(delivery);

            Assert.Equal(sections.MessageId, again.MessageId);
            Assert.Equal(sections.Body.ToArray(), again.Body.ToArray());
            _ = sections.Unbatch().Count;
        }
        catch (WireFormatException)
        {
        }
    }

    private static MessageView ViewOf(Draft draft) => new(
        draft.Octets,
        1,
        1,
        DateTimeOffset.UnixEpoch,
        1,
        MessageState.Deferred,
        Guid.NewGuid(),
        DateTimeOffset.UnixEpoch,
        ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty.Add("a", WireWriter.Text("b")),
        new("reason", "description", "queue"));

    private static byte[] Whole()
    {
        var message = AmqpMessage.Create(new Data { Value = new ArraySegment<byte>(new byte[20]) });
        message.Header.Ttl = 1000;
        message.MessageAnnotations.Map["x-opt-scheduled-enqueue-time"] = DateTime.UnixEpoch;
        message.Properties.MessageId = "id";
        message.ApplicationProperties.Map["a"] = "b";
        message.ApplicationProperties.Map["c"] = 1L;
        return MessageSectionsTests.OctetsOf(message);
    }
}
