using System.Text;
using System.Text.Json;
using Gateway.Core.Events;

namespace Gateway.Core.Tests.Events;

public sealed class StageMessageTests
{
    [Fact]
    public void Ids_name_the_item_its_run_and_its_enqueue()
    {
        Assert.Equal("0193f1c2-7a00-7000-8000-0123456789ab:received:2", StageMessage.Of(Sample.Received).Id);
        Assert.Equal("0193f1c2-7a00-7000-8000-0123456789ab:inspected:7:1", StageMessage.Of(Sample.Inspected).Id);
        Assert.Equal($"{Sample.Delivery.DeliveryId}:7:9", StageMessage.Of(Sample.Delivery).Id);
    }

    [Fact]
    public void An_attempt_alone_makes_no_new_id_and_an_enqueue_does()
    {
        var id = StageMessage.Of(Sample.Delivery).Id;
        Assert.Equal(id, StageMessage.Of(Sample.Delivery with { Attempt = 5 }).Id);
        Assert.NotEqual(id, StageMessage.Of(Sample.Delivery with { Send = 10 }).Id);
        Assert.NotEqual(id, StageMessage.Of(Sample.Delivery with { Run = 8 }).Id);
    }

    [Fact]
    public void Ids_of_the_greatest_numbers_stay_within_128_characters()
    {
        Assert.InRange(StageMessage.Of(Sample.Received with { Send = int.MaxValue }).Id.Length, 1, 128);
        Assert.InRange(StageMessage.Of(Sample.Inspected with { Run = int.MaxValue, Send = int.MaxValue }).Id.Length, 1, 128);
        Assert.InRange(StageMessage.Of(Sample.Delivery with { Run = int.MaxValue, Send = int.MaxValue }).Id.Length, 1, 128);
    }

    [Fact]
    public void An_id_that_service_bus_would_not_take_is_refused_here() =>
        Assert.Throws<InvalidOperationException>(() => StageMessage.Of(Sample.Delivery with { DeliveryId = new(new string('x', 126)) }));

    [Fact]
    public void The_body_is_the_event_and_the_queue_the_next_stages()
    {
        var due = Sample.At.AddMinutes(2);
        var received = StageMessage.Of(Sample.Received);
        var inspected = StageMessage.Of(Sample.Inspected, due);
        var delivery = StageMessage.Of(Sample.Delivery, due);
        Assert.Equal([StageQueue.Received, StageQueue.Inspected, StageQueue.Deliveries], [received.Queue, inspected.Queue, delivery.Queue]);
        Assert.Equal([null, due, due], [received.Due, inspected.Due, delivery.Due]);
        Assert.All([received, inspected, delivery], message => Assert.Equal(Sample.Id, message.MessageId));
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(Sample.Received, EventJson.Relaxed.ReceivedEvent), received.Body.ToArray());
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(Sample.Inspected, EventJson.Relaxed.InspectedEvent), inspected.Body.ToArray());
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(Sample.Delivery, EventJson.Relaxed.DeliveryEvent), delivery.Body.ToArray());
    }

    [Fact]
    public void An_event_of_exactly_the_most_octets_is_taken_and_one_more_is_refused()
    {
        var room = StageMessage.MaxBodyOctets - StageMessage.Of(Sample.Received with { Sha256 = "" }).Body.Length;
        Assert.Equal(StageMessage.MaxBodyOctets, StageMessage.Of(Sample.Received with { Sha256 = new('x', room) }).Body.Length);
        var error = Assert.Throws<InvalidOperationException>(() => StageMessage.Of(Sample.Received with { Sha256 = new('x', room + 1) }));
        Assert.DoesNotContain("xxx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_other_than_ascii_takes_its_utf8_octets_and_no_escapes()
    {
        var text = new string('ü', 1_000);
        var octets = StageMessage.Of(Sample.Received with { Sha256 = text }).Body.Length - StageMessage.Of(Sample.Received with { Sha256 = "" }).Body.Length;
        Assert.Equal(Encoding.UTF8.GetByteCount(text), octets);
    }
}
