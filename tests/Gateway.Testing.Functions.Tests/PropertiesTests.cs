using Gateway.Testing.Functions.Triggers;
using Google.Protobuf;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;

namespace Gateway.Testing.Functions.Tests;

public sealed class PropertiesTests
{
    [Fact]
    public void Properties_of_a_settlement_are_a_map_in_the_encoding_of_AMQP()
    {
        using var buffer = new ByteBuffer(256, autoGrow: true);
        AmqpCodec.EncodeMap(new AmqpMap { [new MapKey("text")] = "some", [new MapKey("number")] = 7L }, buffer);

        var properties = SettlementService.Properties(ByteString.CopyFrom(buffer.Buffer, buffer.Offset, buffer.Length));

        Assert.Equal(new Dictionary<string, object> { ["text"] = "some", ["number"] = 7L }, properties);
    }

    [Fact]
    public void No_octets_are_no_properties() => Assert.Null(SettlementService.Properties(ByteString.Empty));
}
