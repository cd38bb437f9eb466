using System.Collections.Concurrent;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Local.Pump;
using Gateway.Pipeline;
using Gateway.Pipeline.DeadLetters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Local.Tests;

/// <summary>The pump drives a stage as the Functions host would: retries, dead letters, leases; on a clock that the test moves.</summary>
public sealed class StagePumpTests : IAsyncDisposable
{
    private readonly LocalStorage _storage = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentQueue<ActivityEntry> _story = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly PumpOptions _options = new();
    private StagePump? _pump;
    private Task _running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _abort.CancelAsync();
        await _running;
        _pump?.Dispose();
        await _services.DisposeAsync();
        _storage.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    [Fact]
    public async Task What_a_stage_returns_is_sent_and_its_event_is_gone()
    {
        var id = await _storage.AcceptAsync([1]);
        var next = StageMessage.Of(_storage.Event(MessageId.New(_storage.Clock), []), _storage.Clock.GetUtcNow().AddDays(1));
        var runs = Start((_, _) => Task.FromResult(new StageResult { Sends = [next], Activities = [Entry(id, ActivityKind.Inspected)] }));
        await runs.NextAsync();
        await UntilAsync(() => !_story.IsEmpty);
        Assert.Equal(next.Due, _storage.Queue.NextDue(StageQueue.Received));
        Assert.Equal(ActivityKind.Inspected, Assert.Single(await _storage.Activity.ReadAsync(id, default)).Kind);
    }

    [Fact]
    public async Task A_stage_that_fails_is_given_the_event_again_later_each_time_and_in_the_end_it_is_a_dead_letter()
    {
        var id = await _storage.AcceptAsync([1]);
        var runs = Start((_, _) => throw new InvalidOperationException("our own mistake"));
        for (var run = 1; run < _options.MaxDeliveries; run++)
        {
            await runs.NextAsync();
            var wait = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, run - 1), 300));
            await UntilAsync(() => _storage.Queue.NextDue(StageQueue.Received) is { } due && due <= _storage.Clock.GetUtcNow() + wait && due > _storage.Clock.GetUtcNow());
            Assert.Equal(_storage.Clock.GetUtcNow() + wait, _storage.Queue.NextDue(StageQueue.Received));
            _storage.Clock.Advance(wait);
        }

        await UntilAsync(() => !_story.IsEmpty);
        Assert.Equal(_options.MaxDeliveries, runs.Count);
        Assert.Null(_storage.Queue.NextDue(StageQueue.Received));
        await AssertDeadLetterAsync(id, "Failed 10 times since");
    }

    [Fact]
    public async Task A_store_that_is_down_for_a_day_makes_no_dead_letter()
    {
        await _storage.AcceptAsync([1]);
        var down = true;
        var runs = Start((_, _) => down ? throw new IOException("store down") : Task.FromResult(new StageResult()));
        for (var run = 0; run < 3 * _options.MaxDeliveries; run++)
        {
            await runs.NextAsync();
            await UntilAsync(() => _storage.Queue.NextDue(StageQueue.Received) is { } due && due == _storage.Clock.GetUtcNow().AddSeconds(15));
            down = run < (3 * _options.MaxDeliveries) - 1; // before the clock lets the last one run
            _storage.Clock.Advance(TimeSpan.FromSeconds(15));
        }

        await UntilAsync(() => _storage.Queue.NextDue(StageQueue.Received) is null);
        Assert.Empty(_story);
    }

    [Fact]
    public async Task To_wait_for_a_configuration_is_not_counted_against_an_event()
    {
        await _storage.AcceptAsync([1]);
        var missing = true;
        var runs = Start((_, _) => missing ? throw new NoConfigurationException() : Task.FromResult(new StageResult()));
        for (var run = 0; run <= _options.MaxDeliveries; run++)
        {
            await runs.NextAsync();
            await UntilAsync(() => _storage.Queue.NextDue(StageQueue.Received) == _storage.Clock.GetUtcNow().AddSeconds(15));
            missing = run < _options.MaxDeliveries; // before the clock lets the last one run
            _storage.Clock.Advance(TimeSpan.FromSeconds(15));
        }

        await UntilAsync(() => _storage.Queue.NextDue(StageQueue.Received) is null);
        Assert.Equal(_options.MaxDeliveries + 2, runs.Count);
        Assert.Empty(_story);
    }

    [Fact]
    public async Task A_store_that_fails_on_one_event_for_days_makes_a_dead_letter_of_it_in_the_end()
    {
        var id = await _storage.AcceptAsync([1]);
        _storage.Clock.Advance(_options.MaxAge + TimeSpan.FromSeconds(1));
        Start((_, _) => throw new IOException("this one cannot be read"));
        await UntilAsync(() => !_story.IsEmpty);
        await AssertDeadLetterAsync(id, "the last time with IOException");
    }

    [Fact]
    public async Task A_stop_in_good_order_is_not_counted_against_an_event()
    {
        await _storage.AcceptAsync([1]);
        var runs = Start((_, cancel) => Task.Delay(Timeout.Infinite, cancel).ContinueWith<StageResult>(_ => throw new OperationCanceledException(cancel), TaskScheduler.Default));
        await runs.NextAsync();
        await _abort.CancelAsync();
        await _running;
        Assert.Equal(1, runs.Count); // it is for the next run
        Assert.Equal(1, Assert.Single(await _storage.Queue.LeaseAsync(StageQueue.Received, 1, _options.Lease, default)).Deliveries);
    }

    [Fact]
    public async Task An_event_on_which_the_process_ends_each_time_becomes_a_dead_letter_too()
    {
        var id = await _storage.AcceptAsync([1]);
        for (var run = 0; run < _options.MaxDeliveries; run++)
        {
            Assert.Single(await _storage.Queue.LeaseAsync(StageQueue.Received, 1, _options.Lease, default));
            await _storage.Queue.ReleaseAllAsync(); // as the next start does
        }

        var runs = Start((_, _) => Task.FromResult(new StageResult()));
        await UntilAsync(() => !_story.IsEmpty);
        Assert.Equal(0, runs.Count);
        await AssertDeadLetterAsync(id, "The process ended 10 times");
    }

    [Fact]
    public async Task An_event_that_a_stage_gives_up_is_a_dead_letter_with_the_reason_and_its_raw_message_is_kept()
    {
        var id = await _storage.AcceptAsync([1]);
        Start((_, _) => Task.FromResult(StageResult.DeadLetter("Not a ReceivedEvent")));
        await UntilAsync(() => !_story.IsEmpty);
        await AssertDeadLetterAsync(id, "Not a ReceivedEvent");
        _storage.Clock.Advance(_storage.Retention.Retention + TimeSpan.FromDays(1));
        await _storage.Sweep.DeleteExpiredAsync(default);
        Assert.NotNull(await _storage.ReadRawAsync(id));
    }

    [Fact]
    public async Task A_stage_that_outlasts_its_lease_is_cancelled_and_the_event_handed_out_again()
    {
        await _storage.AcceptAsync([1]);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = true;
        var runs = Start(async (_, cancel) =>
        {
            if (!first)
            {
                return new();
            }

            first = false;
            await using var registration = cancel.Register(cancelled.SetResult);
            await cancelled.Task;
            cancel.ThrowIfCancellationRequested();
            return new();
        });
        await runs.NextAsync();
        _storage.Clock.Advance(_options.Lease);
        await cancelled.Task;
        var second = runs.NextAsync();
        while (!second.IsCompleted)
        {
            _storage.Clock.Advance(TimeSpan.FromSeconds(1)); // it is due again a while after the stage has ended, whenever that is
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await UntilAsync(() => _storage.Queue.NextDue(StageQueue.Received) is null);
    }

    [Fact]
    public async Task No_more_than_the_allowed_number_run_at_once_and_all_run()
    {
        for (var n = 0; n < 20; n++)
        {
            await _storage.AcceptAsync([1]);
        }

        var (running, most) = (0, 0);
        var letGo = new SemaphoreSlim(0);
        var runs = Start(
            async (_, cancel) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await letGo.WaitAsync(cancel);
                Interlocked.Decrement(ref running);
                return new();
            },
            concurrency: 3);
        await UntilAsync(() => Volatile.Read(ref running) == 3);
        letGo.Release(20);
        await UntilAsync(() => runs.Count == 20 && _storage.Queue.NextDue(StageQueue.Received) is null);
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task Stopping_waits_for_a_stage_that_is_under_way()
    {
        await _storage.AcceptAsync([1]);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = Start(async (_, _) =>
        {
            await letGo.Task;
            return new();
        });
        await runs.NextAsync();
        await _stop.CancelAsync();
        Assert.False(_running.IsCompleted);
        letGo.SetResult();
        await _running;
        Assert.Null(_storage.Queue.NextDue(StageQueue.Received));
    }

    private Runs Start(Func<ReadOnlyMemory<byte>, CancellationToken, Task<StageResult>> stage, int concurrency = 2)
    {
        var runs = new Runs();
        var meters = _services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        var book = new DeadLetterBook(_storage.Store, _storage.State, Options.Create(new KeptOptions()), _storage.Clock, new(meters));
        _pump = new(
            StageQueue.Received,
            (body, cancel) =>
            {
                runs.Began();
                return stage(body, cancel);
            },
            concurrency,
            _options,
            _storage.Queue,
            book,
            _story.Enqueue,
            new(meters, _storage.Database, _storage.Queue, _storage.Clock),
            _storage.Clock,
            NullLogger.Instance);
        _running = _pump.RunAsync(_stop.Token, _abort.Token);
        return runs;
    }

    private async Task AssertDeadLetterAsync(MessageId id, string reason)
    {
        var record = Assert.Single((await _storage.State.ListAsync(DeadLetterRecord.Collection, "", null, 10, default)).Entries);
        var text = System.Text.Encoding.UTF8.GetString(record.Value.Span);
        Assert.Contains(id.ToString(), text, StringComparison.Ordinal);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.Equal(ActivityKind.DeadLettered, Assert.Single(_story).Kind);
    }

    private ActivityEntry Entry(MessageId id, ActivityKind kind) => new() { MessageId = id, At = _storage.Clock.GetUtcNow(), Kind = kind };

    /// <summary>Looks again and again at what another thread will have written soon.</summary>
    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Runs
    {
        private readonly SemaphoreSlim _began = new(0);
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Began()
        {
            Interlocked.Increment(ref _count);
            _began.Release();
        }

        public Task NextAsync() => _began.WaitAsync(TestContext.Current.CancellationToken);
    }
}
