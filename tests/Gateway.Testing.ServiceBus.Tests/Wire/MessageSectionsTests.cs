using Gateway.Testing.ServiceBus.Wire;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Tests.Wire;

public sealed class MessageSectionsTests
{
    private static readonly byte[] Header = [0x00, 0x53, 0x70, 0xC0, 0x09, 0x03, 0x41, 0x50, 0x04, 0x70, 0x00, 0x00, 0x00, 0x03];
    private static readonly byte[] Data = [0x00, 0x53, 0x75, 0xA0, 0x01, 0xFF];

    [Fact]
    public void What_the_library_encodes_is_split_into_its_sections()
    {
        var when = new DateTime(2026, 11, 24, 18, 0, 0, DateTimeKind.Utc);
        var message = AmqpMessage.Create(new Data { Value = new ArraySegment<byte>("body"u8.ToArray()) });
        message.Header.Ttl = 90_000;
        message.Header.Durable = true;
        message.DeliveryAnnotations.Map["ignored"] = 1;
        message.MessageAnnotations.Map["x-opt-scheduled-enqueue-time"] = when;
        message.Properties.MessageId = "the-id";
        message.Properties.Subject = "subject";
        message.ApplicationProperties.Map["text"] = "value";
        message.ApplicationProperties.Map["number"] = 7;

        var sections = MessageSections.Split(OctetsOf(message));

        Assert.Equal(90_000u, sections.Header.TimeToLiveMilliseconds);
        Assert.Equal([FormatCodes.True], sections.Header.Durable.ToArray());
        Assert.True(sections.Header.Priority.IsEmpty);
        Assert.Equal("the-id", sections.MessageId);
        var annotation = Assert.Single(sections.Annotations);
        Assert.Equal(("x-opt-scheduled-enqueue-time", new DateTimeOffset(when)), (annotation.Key, WireValue.AsTimestamp(annotation.Value.Span)));
        Assert.Equal(["text", "number"], sections.ApplicationProperties.Select(entry => entry.Key));
        Assert.Equal("value", WireValue.AsText(sections.ApplicationProperties[0].Value.Span));
        Assert.Equal([0x00, 0x53, 0x75, 0xA0, 0x04, .. "body"u8], sections.Body.ToArray());
    }

    [Theory]
    [InlineData("text", "text")]
    [InlineData(5UL, "5")]
    [InlineData(0UL, "0")]
    [InlineData(1UL << 40, "1099511627776")]
    public void A_message_id_is_read_in_each_of_its_types(object id, string text) => Assert.Equal(text, IdOf(id));

    [Fact]
    public void A_message_id_is_read_as_uuid_and_as_octets()
    {
        var uuid = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef");

        Assert.Equal(uuid.ToString(), IdOf(uuid));
        Assert.Equal("0AFF", IdOf(new ArraySegment<byte>([0x0A, 0xFF])));
        Assert.Null(MessageSections.Split(Data).MessageId);
    }

    [Fact]
    public void A_message_without_a_body_or_with_nothing_at_all_is_one()
    {
        Assert.True(MessageSections.Split(Header).Body.IsEmpty);
        Assert.True(MessageSections.Split(default).Body.IsEmpty);
    }

    [Fact]
    public void A_body_of_several_sections_and_its_footer_stay_together()
    {
        byte[] footer = [0x00, 0x53, 0x78, 0xC1, 0x01, 0x00];

        Assert.Equal([.. Data, .. Data, .. footer], MessageSections.Split((byte[])[.. Header, .. Data, .. Data, .. footer]).Body.ToArray());
    }

    [Fact]
    public void A_batch_is_taken_apart()
    {
        byte[] batch = [.. Wrapped(Data), .. Wrapped([.. Header, .. Data])];

        var messages = MessageSections.Split(batch).Unbatch();

        Assert.Equal([Data, [.. Header, .. Data]], messages.Select(message => message.ToArray()));
    }

    [Fact]
    public void A_batch_of_something_else_is_refused()
    {
        byte[] value = [0x00, 0x53, 0x77, 0x41];
        byte[] text = [0x00, 0x53, 0x75, 0xA1, 0x00];

        Assert.Throws<WireFormatException>(() => MessageSections.Split(value).Unbatch());
        Assert.Throws<WireFormatException>(() => MessageSections.Split(text).Unbatch());
    }

    public static TheoryData<string, string> Malformed() => new()
    {
        { "no descriptor", "53 75 A0 00" },
        { "a symbol for a descriptor", "00 A3 01 61 A0 00" },
        { "an unknown section", "00 53 79 A0 00" },
        { "a section before the first", "00 53 6F A0 00" },
        { "a header after the body", "00 53 75 A0 00 00 53 70 45" },
        { "two headers", "00 53 70 45 00 53 70 45" },
        { "two values", "00 53 77 40 00 53 77 40" },
        { "nothing behind the descriptor", "00 53 75" },
        { "half a size", "00 53 75 B0 00 00" },
        { "a size beyond the end", "00 53 75 A0 05 00" },
        { "a size over the largest integer", "00 53 75 B0 FF FF FF FF 00" },
        { "an unknown format code", "00 53 77 31 00" },
        { "a header that is no list", "00 53 70 A0 00" },
        { "a count over the list", "00 53 70 C0 01 09" },
        { "a huge count", "00 53 70 D0 00 00 00 04 7F FF FF FF" },
        { "a count over the largest integer", "00 53 70 D0 00 00 00 04 FF FF FF FF" },
        { "a list without room for its count", "00 53 70 C0 00" },
        { "a field beyond its list", "00 53 70 C0 02 01 A0 05 05 05 05 05 05" },
        { "a map with half an entry", "00 53 74 C1 03 01 A1 00" },
        { "a key that is a number", "00 53 74 C1 03 02 40 40" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void What_is_malformed_is_refused(string what, string octets)
    {
        Assert.NotEmpty(what);
        Assert.Throws<WireFormatException>(() => MessageSections.Split(Convert.FromHexString(octets.Replace(" ", "", StringComparison.Ordinal))));
    }

    [Fact]
    public void Descriptors_inside_descriptors_end_somewhere()
    {
        byte[] deep = [0x00, 0x53, 0x77, .. Enumerable.Repeat((byte)0x00, 100_000), 0x40];
        byte[] tooDeep = [0x00, 0x53, 0x77, .. Enumerable.Repeat((byte)0x00, WireReader.MaxDepth + 1), .. Enumerable.Repeat((byte)0x40, WireReader.MaxDepth + 2)];
        byte[] shallow = [0x00, 0x53, 0x77, 0x00, 0x40, 0x00, 0x40, 0x40];

        Assert.Throws<WireFormatException>(() => MessageSections.Split(deep));
        Assert.Throws<WireFormatException>(() => MessageSections.Split(tooDeep));
        Assert.Equal(shallow, MessageSections.Split(shallow).Body.ToArray());
    }

    private static byte[] Wrapped(byte[] message) => [0x00, 0x53, 0x75, 0xA0, (byte)message.Length, .. message];

    private static string? IdOf(object id)
    {
        var message = AmqpMessage.Create(new AmqpValue { Value = true });
        message.Properties.MessageId = id switch
        {
            string text => text,
            ulong number => number,
            Guid uuid => uuid,
            _ => (ArraySegment<byte>)id,
        };
        return MessageSections.Split(OctetsOf(message)).MessageId;
    }

    internal static byte[] OctetsOf(AmqpMessage message) => [.. message.GetPayload().SelectMany(segment => segment)];
}
