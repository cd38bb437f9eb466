using Azure.Messaging.ServiceBus;
using Gateway.Azure.Bus;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Bus;

/// <summary>How long an event may keep whoever holds its lock; the lock itself is somebody else's, so that the clock can go without it.</summary>
public sealed class StageHandlerTests
{
    /// <summary>After it the Functions host ends the process, and all that runs in it.</summary>
    private static readonly TimeSpan FunctionTimeout = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Work_that_takes_too_long_is_cut_and_put_off()
    {
        await using var bench = await BusBench.StartAsync();
        var handling = HandleAsync(bench, deliveries: 1);
        _clock.Advance(StageHandler.WorkLimit - TimeSpan.FromSeconds(1));
        Assert.False(handling.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await handling); // to be completed: its copy waits
        Assert.Equal(1, bench.Broker.CountsOf(QueueNames.Received).Scheduled);
    }

    [Fact]
    public async Task Work_and_the_pause_behind_it_are_over_before_the_host_ends_the_process()
    {
        await using var bench = await BusBench.StartAsync(retries: 0);
        bench.Broker.Faults.AnswerQuotaExceeded(1); // no copy can be sent, and alone that pause would be eight minutes
        var paused = new TaskCompletionSource();
        var handling = HandleAsync(bench, deliveries: 9, new PausingLogger(paused));
        _clock.Advance(StageHandler.WorkLimit);
        await paused.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(handling.IsCompleted);
        _clock.Advance(FunctionTimeout - StageHandler.WorkLimit - TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<ServiceBusException>(() => handling);
    }

    private Task<string?> HandleAsync(BusBench bench, int deliveries, ILogger? logger = null)
    {
        var message = ServiceBusModelFactory.ServiceBusReceivedMessage(BinaryData.FromString("{}"), messageId: "m", lockTokenGuid: Guid.NewGuid(), deliveryCount: deliveries);
        var handler = new StageHandler(
            bench.Clients, StageQueue.Received, deadLetters: false, (_, cancel) => Task.Delay(Timeout.InfiniteTimeSpan, cancel), _clock, logger ?? NullLogger.Instance);
        return handler.HandleAsync(message, CancellationToken.None, CancellationToken.None);
    }

    /// <summary>The pause begins when it is told.</summary>
    private sealed class PausingLogger(TaskCompletionSource paused) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            paused.TrySetResult();
    }
}
