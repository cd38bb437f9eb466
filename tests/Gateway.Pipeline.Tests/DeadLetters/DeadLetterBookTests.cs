using System.Text;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.DeadLetters;

public sealed class DeadLetterBookTests : IDisposable
{
    private readonly PipelineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Record_of_a_delivery_holds_the_whole_event_and_the_answer()
    {
        var item = Samples.Delivery() with { Attempt = 4, Run = 2 };
        await RecordAsync(StageQueue.Deliveries, Samples.Json(item), new LastAnswer(503, null, "busy"));

        var entry = _rig.State.Single(DeadLetterRecord.Collection);
        var record = _rig.DeadLetter();
        Assert.Equal($"{Samples.Id}:deliveries:{item.DeliveryId}:2", record.Id);
        Assert.Equal(record.Id, entry.Key.Id);
        Assert.Equal(Samples.Now.AddDays(30), entry.Expires);
        Assert.Equal((5, 503, "busy"), (record.Attempts, record.LastAnswer!.Status, record.LastAnswer.Text));
        Assert.Equal(Samples.Json(item), Samples.Json(record.Event!.Value.Deserialize(EventJson.Relaxed.DeliveryEvent)!));
        Assert.True(record.RawKept);
        Assert.True(_rig.Messages.IsKept(Samples.Id));
        Assert.Null(record.Body);
        Assert.Equal(1, _rig.Meters.Count("gateway.pipeline.dead_letters=1 queue=deliveries"));
    }

    [Theory]
    [InlineData(StageQueue.Received, "received")]
    [InlineData(StageQueue.Inspected, "inspected")]
    public async Task Other_queues_name_their_message(StageQueue queue, string word)
    {
        var body = queue == StageQueue.Received
            ? JsonSerializer.SerializeToUtf8Bytes(Samples.Received("a@b.example"), EventJson.Relaxed.ReceivedEvent)
            : Samples.Json(Samples.Inspected("a@b.example"));
        await RecordAsync(queue, body);
        await RecordAsync(queue, body);

        var record = _rig.DeadLetter();
        Assert.Equal($"{Samples.Id}:{word}:0", record.Id);
        Assert.True(record.RawKept);
        Assert.Null(record.DeliveryId);
    }

    [Fact]
    public async Task Event_of_a_newer_version_still_names_its_message()
    {
        await RecordAsync(StageQueue.Deliveries, Encoding.UTF8.GetBytes(
            $$$"""{"version":9,"deliveryId":"dlv_1","message":{"messageId":"{{{Samples.Id}}}","new":{} },"run":7,"attempt":"many"}"""));

        var record = _rig.DeadLetter();
        Assert.Equal($"{Samples.Id}:deliveries:dlv_1:7", record.Id);
        Assert.Equal(9, record.Event!.Value.GetProperty("version").GetInt32());
    }

    private static readonly Dictionary<string, byte[]> Odd = new()
    {
        ["empty"] = [],
        ["binary"] = [0xff, 0xfe, 0x00],
        ["text"] = "not json"u8.ToArray(),
        ["null"] = "null"u8.ToArray(),
        ["cut off"] = "[1,2"u8.ToArray(),
        ["half a surrogate pair"] = "{\"x\":\"\\ud800\"}"u8.ToArray(),
        ["half a surrogate pair as the id"] = "{\"messageId\":\"\\ud800\",\"message\":3}"u8.ToArray(),
        ["wrong types"] = "{\"messageId\":17,\"deliveryId\":{},\"run\":1e99,\"message\":{\"messageId\":\"../../etc\"}}"u8.ToArray(),
        ["broken UTF-8"] = [(byte)'"', 0xc3, (byte)'"'],
        ["40 levels"] = Encoding.UTF8.GetBytes(new string('[', 40) + new string(']', 40)),
        ["grows a little"] = Encoding.UTF8.GetBytes($"\"{new string('\u0378', 80_000)}\""),
        ["grows over the limit"] = Encoding.UTF8.GetBytes($"\"{new string('\u0378', 125_000)}\""),
        ["long string"] = Encoding.UTF8.GetBytes($"\"{new string('a', 500_000)}\""),
        ["longer than a record"] = new byte[2 * 1024 * 1024],
    };

    public static TheoryData<string> OddBodies => [.. Odd.Keys];

    [Theory, MemberData(nameof(OddBodies))]
    public async Task No_body_is_too_odd(string name)
    {
        var body = Odd[name];
        foreach (var queue in Enum.GetValues<StageQueue>())
        {
            var written = await RecordAsync(queue, body);
            var entry = await _rig.State.GetAsync(new(DeadLetterRecord.Collection, written.Id), TestContext.Current.CancellationToken);
            var record = JsonSerializer.Deserialize(entry!.Value.Span, RecordJson.Relaxed.DeadLetterRecord)!;
            Assert.InRange(entry.Value.Length, 1, IStateStore.MaxValueOctets);
            Assert.StartsWith("unread:", record.Id, StringComparison.Ordinal);
            Assert.False(record.RawKept);
            if (record.Body is { } kept)
            {
                Assert.Equal(body[..kept.Length], kept);
                Assert.Equal(kept.Length < body.Length, record.BodyTruncated);
            }
            else
            {
                Assert.NotNull(record.Event);
            }
        }
    }

    [Fact]
    public async Task Delivery_id_that_is_no_key_is_left_out()
    {
        await RecordAsync(StageQueue.Deliveries, Encoding.UTF8.GetBytes(
            $$$"""{"deliveryId":"a/b#c","message":{"messageId":"{{{Samples.Id}}}"} }"""));
        Assert.Equal($"{Samples.Id}:deliveries:0", _rig.DeadLetter().Id);
    }

    [Fact]
    public async Task Record_says_when_the_raw_message_was_gone()
    {
        await _rig.Messages.DeleteAsync(Samples.Id, TestContext.Current.CancellationToken);
        await RecordAsync(StageQueue.Deliveries, Samples.Json(Samples.Delivery()));
        Assert.False(_rig.DeadLetter().RawKept);
    }

    [Fact]
    public async Task Failing_store_is_not_hidden()
    {
        _rig.State.Fault = new IOException("down");
        await Assert.ThrowsAsync<IOException>(() => RecordAsync(StageQueue.Deliveries, Samples.Json(Samples.Delivery())));
    }

    private Task<DeadLetterRecord> RecordAsync(StageQueue queue, byte[] body, LastAnswer? answer = null) =>
        _rig.Book.RecordAsync(queue, body, "why", answer, TestContext.Current.CancellationToken);
}
