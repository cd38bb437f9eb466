using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests;

public sealed class StageRunnerTests : IDisposable
{
    private readonly PipelineRig _rig = new();
    private readonly Recorded _recorded = new();

    public StageRunnerTests() => _rig.Live.Replace(Samples.Configuration("""
        {
          "version": 1,
          "domains": [{ "name": "in.example.com" }],
          "endpoints": [{ "id": "app", "url": "https://app.example/", "secrets": ["env:X"] }],
          "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "webhook": "app" }] }]
        }
        """));

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task What_a_stage_made_is_sent_before_the_event_may_be_settled()
    {
        var sending = new TaskCompletionSource();
        _recorded.BeforeSend = () => sending.Task;
        var run = RunAsync(StageQueue.Inspected, Samples.Json(Samples.Inspected("a@in.example.com", "b@in.example.com")));
        Assert.False(run.IsCompleted);
        sending.SetResult();
        await run;
        Assert.Equal([StageQueue.Deliveries, StageQueue.Deliveries], _recorded.Sent.Select(message => message.Queue));
    }

    [Fact]
    public async Task A_queue_that_fails_leaves_the_event_to_be_handed_out_again()
    {
        _recorded.BeforeSend = () => throw new IOException("down");
        await Assert.ThrowsAsync<IOException>(() => RunAsync(StageQueue.Inspected, Samples.Json(Samples.Inspected("a@in.example.com"))));
    }

    [Fact]
    public async Task An_event_that_nobody_can_read_becomes_a_record_and_a_line_of_nobodys_story()
    {
        await RunAsync(StageQueue.Received, "nonsense"u8.ToArray());
        Assert.Equal((StageQueue.Received, "Not a ReceivedEvent"), (_rig.DeadLetter().Queue, _rig.DeadLetter().Reason));
        Assert.Empty(_recorded.Told);
    }

    [Fact]
    public async Task An_event_of_a_message_that_is_gone_becomes_a_record_and_a_line_of_its_story()
    {
        var item = Samples.Received("a@in.example.com") with { MessageId = new(Guid.Parse("0193f1c2-0000-7000-8000-00000000000f")) };
        await RunAsync(StageQueue.Received, StageMessage.Of(item).Body);
        var line = Assert.Single(_recorded.Told);
        Assert.Equal((item.MessageId, ActivityKind.DeadLettered, "The raw message is gone"), (line.MessageId, line.Kind, line.Reason));
    }

    [Fact]
    public async Task A_record_that_cannot_be_written_leaves_the_event_to_be_handed_out_again()
    {
        _rig.State.Fault = new IOException("down");
        await Assert.ThrowsAsync<IOException>(() => RunAsync(StageQueue.Deliveries, "nonsense"u8.ToArray()));
    }

    [Fact]
    public async Task An_activity_log_that_fails_holds_up_no_mail()
    {
        _recorded.BeforeTell = _ => throw new IOException("down");
        await RunAsync(StageQueue.Received, StageMessage.Of(Samples.Received("a@in.example.com")).Body);
        Assert.Equal(StageQueue.Inspected, Assert.Single(_recorded.Sent).Queue);
        Assert.Contains("lines of the activity log could not be written", _rig.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_log_that_does_not_answer_holds_up_no_mail()
    {
        var asked = new TaskCompletionSource();
        _recorded.BeforeTell = cancel =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancel);
        };
        var run = RunAsync(StageQueue.Received, StageMessage.Of(Samples.Received("a@in.example.com")).Body);
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        _rig.Clock.Advance(TimeSpan.FromSeconds(5));
        await run;
        Assert.Single(_recorded.Sent);
    }

    private Task RunAsync(StageQueue queue, ReadOnlyMemory<byte> body)
    {
        var inspect = new InspectStage(_rig.Messages, new(), _rig.Clock, _rig.Logs.For<InspectStage>(), new(_rig.Meters));
        var runner = new StageRunner(inspect, _rig.Route, _rig.Deliver, _recorded, _recorded, _rig.Book, _rig.Clock, _rig.Logs.For<StageRunner>());
        return runner.RunAsync(queue, body, TestContext.Current.CancellationToken);
    }

    /// <summary>What was sent and told, with a way to fail.</summary>
    private sealed class Recorded : IStageQueue, IActivityLog
    {
        public List<StageMessage> Sent { get; } = [];

        public List<ActivityEntry> Told { get; } = [];

        public Func<Task> BeforeSend { get; set; } = () => Task.CompletedTask;

        public Func<CancellationToken, Task> BeforeTell { get; set; } = _ => Task.CompletedTask;

        public async ValueTask SendAsync(IReadOnlyList<StageMessage> messages, CancellationToken cancel)
        {
            await BeforeSend();
            Sent.AddRange(messages);
        }

        public async ValueTask AppendAsync(IReadOnlyList<ActivityEntry> entries, CancellationToken cancel)
        {
            await BeforeTell(cancel);
            Told.AddRange(entries);
        }

        public ValueTask<DateTimeOffset?> OldestDueAsync(StageQueue queue, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<ActivityEntry>> ReadAsync(MessageId id, CancellationToken cancel) => throw new NotSupportedException();
    }
}
