using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gateway.Core.Events;

namespace Gateway.Core.Tests.Events;

/// <summary>
/// Events wait in queues while programs are replaced: what was written before must be read, and what is written later too. The files
/// of Golden/ are never changed; a new field gets a new line in the newest one and an older copy stays as it is.
/// </summary>
public sealed class EventJsonTests
{
    [Fact]
    public void Received_event_is_written_as_before() => Assert.Equal(Golden("received"), Write(Sample.Received, EventJson.Relaxed.ReceivedEvent));

    [Fact]
    public void Inspected_event_is_written_as_before() => Assert.Equal(Golden("inspected"), Write(Sample.Inspected, EventJson.Relaxed.InspectedEvent));

    [Fact]
    public void Delivery_event_is_written_as_before() => Assert.Equal(Golden("delivery"), Write(Sample.Delivery, EventJson.Relaxed.DeliveryEvent));

    [Fact]
    public void What_was_written_is_read_back_whole()
    {
        Assert.Equal(Golden("received"), Rewrite("received", EventJson.Relaxed.ReceivedEvent));
        Assert.Equal(Golden("inspected"), Rewrite("inspected", EventJson.Relaxed.InspectedEvent));
        Assert.Equal(Golden("delivery"), Rewrite("delivery", EventJson.Relaxed.DeliveryEvent));
    }

    [Theory]
    [InlineData("用户@xn--fiqs8s")]
    [InlineData("jörg+größe@in.example.com")]
    [InlineData("\"ü \\\" \\\\\"@in.example.com")]
    [InlineData("😀@in.example.com")] // escaped, as what is beyond U+FFFF is
    [InlineData("a\u2028\u202e\u0301b@in.example.com")] // a line separator, an override of direction, a mark: no controls, so let pass
    public void Addresses_in_any_letters_come_back_as_they_were(string address)
    {
        var sent = Sample.Received with { Envelope = Sample.Received.Envelope with { From = address, Recipients = [address, "x@y.example"] } };
        var json = Write(sent, EventJson.Relaxed.ReceivedEvent);
        var read = JsonSerializer.Deserialize(json, EventJson.Relaxed.ReceivedEvent)!;
        Assert.Equal(address, read.Envelope.From);
        Assert.Equal([address, "x@y.example"], read.Envelope.Recipients);
        Assert.DoesNotContain(Write(sent, EventJson.Relaxed.ReceivedEvent).TrimEnd(), c => c is '\u2028'); // a line of a log stays one

        var delivery = Sample.Delivery with { Message = sent, Recipient = address };
        Assert.Equal(address, JsonSerializer.Deserialize(Write(delivery, EventJson.Relaxed.DeliveryEvent), EventJson.Relaxed.DeliveryEvent)!.Recipient);
        Assert.NotEqual(DeliveryId.Of(Sample.Id, address, "r", "e"), DeliveryId.Of(Sample.Id, "?@in.example.com", "r", "e"));
    }

    [Fact]
    public void Golden_events_leave_no_field_at_its_default()
    {
        AssertEveryFieldSet(Sample.Inspected, "inspected");
        AssertEveryFieldSet(Sample.Delivery, "delivery");
    }

    [Theory]
    [InlineData("received-future", "received")]
    [InlineData("inspected-future", "inspected")]
    [InlineData("delivery-future", "delivery")]
    public void An_event_of_a_newer_program_is_read_without_what_is_unknown(string future, string known) =>
        Assert.Equal(Golden(known), known switch
        {
            "received" => Rewrite(future, EventJson.Relaxed.ReceivedEvent),
            "inspected" => Rewrite(future, EventJson.Relaxed.InspectedEvent),
            _ => Rewrite(future, EventJson.Relaxed.DeliveryEvent),
        });

    [Fact]
    public void An_event_from_before_client_certificates_is_read_as_without_one() => Assert.Equal(
        Write(Sample.Received with { Tls = Sample.Received.Tls! with { ClientCertificate = null } }, EventJson.Relaxed.ReceivedEvent),
        Rewrite("received-without-client-certificate", EventJson.Relaxed.ReceivedEvent));

    [Fact]
    public void An_event_with_only_what_is_required_is_read()
    {
        var received = Read("received-oldest", EventJson.Relaxed.ReceivedEvent);
        Assert.Equal((1, 0), (received.Version, received.Send));
        Assert.Equal((null, null), (received.Tls, received.TraceParent));
        Assert.Empty(received.Evidence);
        Assert.Empty(received.Defects);
        Assert.Equal(new ClientFacts(null, ClientSource.Unknown), received.Client);
        Assert.Equal((false, BodyType.SevenBit), (received.Envelope.SmtpUtf8, received.Envelope.Body));

        var inspected = Read("inspected-oldest", EventJson.Relaxed.InspectedEvent);
        Assert.Equal((1, 0, 0, false), (inspected.Version, inspected.Run, inspected.Send, inspected.HeadersTruncated));
        Assert.Empty(inspected.Headers);
        Assert.Empty(inspected.Verdict.Defects);
        Assert.Empty(inspected.Verdict.Authentication.Dkim);
        Assert.Null(inspected.Summary.Subject);

        var delivery = Read("delivery-oldest", EventJson.Relaxed.DeliveryEvent);
        Assert.Equal((1, 0, 0, 0), (delivery.Version, delivery.Run, delivery.Attempt, delivery.Send));
        Assert.Null(delivery.ParkedSince);
    }

    [Theory]
    [InlineData("received-oldest")]
    [InlineData("inspected-oldest")]
    [InlineData("delivery-oldest")]
    public void An_event_without_one_of_the_required_fields_is_refused(string name)
    {
        foreach (var field in JsonNode.Parse(Golden(name))!.AsObject().Select(field => field.Key))
        {
            var lacking = JsonNode.Parse(Golden(name))!.AsObject();
            lacking.Remove(field);
            Assert.Throws<JsonException>(() => ReadAs(name, lacking.ToJsonString()));

            var empty = JsonNode.Parse(Golden(name))!.AsObject();
            empty[field] = null;
            Assert.Throws<JsonException>(() => ReadAs(name, empty.ToJsonString()));
        }
    }

    [Theory]
    [InlineData("messageId", "5")]
    [InlineData("messageId", "\"1\"")]
    [InlineData("messageId", "\"\\ud800\"")]
    [InlineData("receivedAt", "\"yesterday\"")]
    [InlineData("octets", "1e99")]
    [InlineData("evidence", "null")]
    [InlineData("defects", "{}")]
    [InlineData("client", "{\"ip\":null,\"source\":\"guessed\"}")]
    [InlineData("client", "{\"source\":\"socket\"}")]
    [InlineData("envelope", "{\"from\":null,\"recipients\":[],\"helo\":\"x\"}")]
    public void A_field_of_the_wrong_kind_is_a_json_exception(string field, string value)
    {
        var broken = JsonNode.Parse(Golden("received"))!.AsObject();
        broken[field] = "§";
        Assert.Throws<JsonException>(() => ReadAs("received", broken.ToJsonString().Replace("\"\\u00A7\"", value, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_delivery_id_of_the_wrong_kind_is_a_json_exception()
    {
        var broken = JsonNode.Parse(Golden("delivery"))!.AsObject();
        broken["deliveryId"] = 5;
        Assert.Throws<JsonException>(() => ReadAs("delivery", broken.ToJsonString()));
    }

    [Theory]
    [InlineData(BodyType.SevenBit, "7BIT")]
    [InlineData(BodyType.EightBitMime, "8BITMIME")]
    [InlineData(BodyType.BinaryMime, "BINARYMIME")]
    public void Body_is_written_in_the_words_of_the_protocol(BodyType body, string word)
    {
        var json = Write(Sample.Received with { Envelope = Sample.Received.Envelope with { Body = body } }, EventJson.Relaxed.ReceivedEvent);
        Assert.Contains($"\"body\":\"{word}\"", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClientSource.Unknown, "unknown")]
    [InlineData(ClientSource.Socket, "socket")]
    [InlineData(ClientSource.Proxy, "proxy")]
    public void Source_of_the_address_is_written_in_the_words_of_the_webhook(ClientSource source, string word) =>
        Assert.Contains(
            $"\"source\":\"{word}\"",
            Write(Sample.Received with { Client = new(null, source) }, EventJson.Relaxed.ReceivedEvent),
            StringComparison.Ordinal);

    private static string Golden(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", $"{name}.json"), new UTF8Encoding(false, throwOnInvalidBytes: true)).TrimEnd('\n');

    private static string Write<T>(T item, JsonTypeInfo<T> type) => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(item, type));

    private static T Read<T>(string name, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(Golden(name), type)!;

    private static string Rewrite<T>(string name, JsonTypeInfo<T> type) => Write(Read(name, type), type);

    private static object? ReadAs(string name, string json) => name.Split('-')[0] switch
    {
        "received" => JsonSerializer.Deserialize(json, EventJson.Relaxed.ReceivedEvent),
        "inspected" => JsonSerializer.Deserialize(json, EventJson.Relaxed.InspectedEvent),
        _ => JsonSerializer.Deserialize(json, EventJson.Relaxed.DeliveryEvent),
    };

    // A golden file that lacks a field proves nothing about it. The version is the one thing that is at its default.
    private static void AssertEveryFieldSet(object item, string path)
    {
        foreach (var property in item.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
        {
            var value = property.GetValue(item);
            var at = $"{path}.{property.Name}";
            switch (value)
            {
                case MethodResult: // the fields of a method differ by method
                    break;
                case string or DateTimeOffset or MessageId or DeliveryId or true or double or Enum:
                    break;
                case int or long:
                    Assert.True(property.Name == "Version" || Convert.ToInt64(value, null) != 0, at);
                    break;
                case ImmutableArray<string> list:
                    Assert.False(list.IsDefaultOrEmpty, at);
                    break;
                case System.Collections.IEnumerable list:
                    Assert.True(list.GetEnumerator().MoveNext(), at);
                    break;
                default:
                    Assert.True(value is not null and not false, at);
                    AssertEveryFieldSet(value, at);
                    break;
            }
        }
    }
}
