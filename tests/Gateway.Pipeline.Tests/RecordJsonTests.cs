using System.Text;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Routing;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests;

/// <summary>Records outlive programs: their form is held here, octet for octet, and an old reader takes a new record.</summary>
public sealed class RecordJsonTests
{
    [Fact]
    public void Dead_letter_has_this_form()
    {
        var record = new DeadLetterRecord
        {
            Id = $"{Samples.Id}:deliveries:dlv_1:0",
            Queue = StageQueue.Deliveries,
            Reason = "why",
            At = Samples.Now,
            MessageId = Samples.Id,
            DeliveryId = new("dlv_1"),
            Attempts = 13,
            LastAnswer = new(null, "connect", null),
            RawKept = true,
            Event = JsonDocument.Parse("{\"a\":\"ü\"}").RootElement,
        };
        Assert.Equal(
            """{"version":1,"id":"0193f1c2-0000-7000-8000-000000000001:deliveries:dlv_1:0","queue":"Deliveries","reason":"why","at":"2026-11-24T18:00:10+00:00","messageId":"0193f1c2-0000-7000-8000-000000000001","deliveryId":"dlv_1","attempts":13,"lastAnswer":{"status":null,"failure":"connect","text":null},"rawKept":true,"event":{"a":"ü"},"body":null,"bodyTruncated":false}""",
            Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Relaxed.DeadLetterRecord)));
    }

    [Fact]
    public void Record_with_fields_of_the_future_is_read()
    {
        var dead = JsonSerializer.Deserialize(
            """{"version":2,"new":[1],"id":"x","queue":"Received","reason":"r","at":"2026-11-24T18:00:10+00:00"}""", RecordJson.Relaxed.DeadLetterRecord)!;
        Assert.Equal((2, "x", 0, null), (dead.Version, dead.Id, dead.Attempts, dead.LastAnswer));

        var kept = new KeptRecord { MessageId = Samples.Id, At = Samples.Now, Reason = "stored", Recipients = ["a@b"], RawKept = true, Event = Samples.Inspected("a@b") };
        var json = JsonSerializer.Serialize(kept, RecordJson.Relaxed.KeptRecord).Insert(1, "\"new\":{},");
        Assert.Equal(["a@b"], JsonSerializer.Deserialize(json, RecordJson.Relaxed.KeptRecord)!.Recipients);

        var parked = JsonSerializer.Deserialize("""{"parked":true,"since":"2026-11-24T18:00:10+00:00","by":"new"}""", RecordJson.Relaxed.ParkedEndpoint)!;
        Assert.True(parked.Parked);
    }
}
