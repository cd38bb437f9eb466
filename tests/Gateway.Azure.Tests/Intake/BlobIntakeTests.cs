using System.Diagnostics;
using Gateway.Azure.Intake;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Azure.Tests.Intake;

public sealed class BlobIntakeTests
{
    private const int Small = 10_000;
    private const int Large = 9_000_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_small_message_is_one_conditional_put_and_one_event()
    {
        await using var bench = await AzureBench.StartAsync();
        var id = await bench.AcceptAsync(Samples.Noise(Small), Cancel);
        Assert.StartsWith("PUT ", Assert.Single(bench.Proxy.Requests), StringComparison.Ordinal);
        Assert.DoesNotContain("comp=", bench.Proxy.Requests.Single(), StringComparison.Ordinal);
        Assert.Equal(Samples.Noise(Small), await bench.ReadRawAsync(id));
        var queued = Assert.Single(await bench.QueuedAsync());
        Assert.Equal(StageMessage.Of(Samples.Event(id, Samples.Noise(Small))).Body.ToArray(), queued.Body.ToArray());
    }

    [Fact]
    public async Task A_large_message_is_staged_while_it_arrives_and_seen_by_nobody_before_its_commit()
    {
        await using var bench = await AzureBench.StartAsync();
        var (id, raw) = (Samples.NewId(), Samples.Noise(Large));
        await using var message = await bench.OpenAsync(id, raw);
        Assert.NotEmpty(bench.Proxy.Requests);
        Assert.All(bench.Proxy.Requests, request => Assert.Contains("comp=block&", request, StringComparison.Ordinal));
        Assert.Null(await bench.ReadRawAsync(id));
        await message.CommitAsync(Samples.Event(id, raw), Cancel);
        Assert.Equal(raw, await bench.ReadRawAsync(id));
        Assert.Equal(3, bench.Proxy.Requests.Count(request => request.Contains("comp=block&", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Memory_that_does_not_come_in_the_callers_time_is_unavailable()
    {
        await using var bench = await AzureBench.StartAsync(intake: new() { MaxHeldOctets = 4 * 1024 * 1024 });
        using var other = new StagingBuffer(bench.Intake.Budget, (_, _) => Task.CompletedTask);
        var whole = await other.FinishAsync(Cancel);
        while (bench.Intake.Budget.TryTake(other) is { } segment)
        {
            whole!.Add(segment);
        }

        await using var message = await bench.Intake.OpenAsync(Samples.NewId(), Cancel);
        using var patience = new CancellationTokenSource();
        var write = message.WriteAsync(Samples.Noise(Small), patience.Token).AsTask();
        await patience.CancelAsync();
        Assert.Equal(IntakeFault.Unavailable, (await Assert.ThrowsAsync<IntakeException>(() => write)).Fault);
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=memory", "why=timeout"));
        Assert.Single(bench.Meters.Of("gateway.azure.intake.waits"));
    }

    [Fact]
    public async Task Spans_belong_to_the_sessions_trace()
    {
        await using var bench = await AzureBench.StartAsync();
        var seen = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Gateway.Azure" or "Test",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = seen.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("Test");
        using var session = source.StartActivity("session")!;
        await bench.AcceptAsync(Samples.Noise(Large), Cancel);
        await bench.AcceptAsync(Samples.Noise(Small), Cancel);
        var mine = seen.Where(span => span.TraceId == session.TraceId).ToList();
        Assert.Equal(
            ["blob.commit", "blob.put", "blob.stage", "blob.stage", "blob.stage", "event.send", "event.send"],
            mine.Select(span => span.OperationName).Order(StringComparer.Ordinal));
        Assert.All(mine, span => Assert.Equal(session.SpanId, span.ParentSpanId));
    }

    [Fact]
    public async Task Ten_large_messages_at_once_share_4_MiB()
    {
        await using var bench = await AzureBench.StartAsync(intake: new() { MaxHeldOctets = 4 * 1024 * 1024 });
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => bench.AcceptAsync(Samples.Noise(3_000_000 + n), Cancel)));
        foreach (var (n, id) in ids.Index())
        {
            Assert.Equal(Samples.Noise(3_000_000 + n), await bench.ReadRawAsync(id));
        }

        Assert.InRange(bench.Meters.Held.Peak, 1, 4 * 1024 * 1024);
        Assert.Equal(0, bench.Meters.Held.Now);
    }

    [Fact]
    public async Task The_points_of_the_durable_path_are_told_to_who_listens()
    {
        await using var bench = await AzureBench.StartAsync();
        var points = new Points();
        using var all = DiagnosticListener.AllListeners.Subscribe(points);
        await bench.AcceptAsync(Samples.Noise(Large), Cancel);
        Assert.Equal(["blob.staged", "blob.stored", "event.accepted", "event.sending"], points.Seen.Distinct().Order(StringComparer.Ordinal)); // other tests run at the same time
    }

    [Fact]
    public void Options_say_all_that_is_wrong()
    {
        Assert.Empty(new BlobIntakeOptions().Problems());
        Assert.Equal(2, new BlobIntakeOptions { MaxHeldOctets = 1, CommitTimeout = TimeSpan.FromHours(1) }.Problems().Count());
    }

    private sealed class Points : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Seen { get; } = [];

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Gateway.Azure")
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value) => Seen.Enqueue(value.Key);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
