using Azure.Core.Amqp;
using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Azure.Bus;

/// <summary>
/// Works on what a queue hands out and says how it is to be settled, for whoever holds the lock: <see cref="StageReceiver"/>, or the Functions
/// host. So what happens to an event does not depend on who received it.
/// </summary>
public sealed class StageHandler
{
    /// <summary>For the work on one event, waiting for its turn included; then it is put off.</summary>
    internal static readonly TimeSpan WorkLimit = TimeSpan.FromMinutes(8);

    /// <summary>
    /// For work and pause together. Under the time that the Functions host gives a function (10 minutes): past it, it would count the event, and all that
    /// runs beside it, as failed.
    /// </summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(9);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestUnsentPause = TimeSpan.FromMinutes(8);

    private readonly StageQueue _queue;
    private readonly StageWork _work;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Postponement? _postponement;

    /// <param name="clients">Outlives this.</param>
    /// <param name="queue">Which one.</param>
    /// <param name="deadLetters">True: its dead-letter subqueue, into which nothing can be sent: an event that cannot be worked on stays there.</param>
    /// <param name="work">What to do.</param>
    /// <param name="clock">For pauses.</param>
    /// <param name="logger">For what goes wrong.</param>
    public StageHandler(BusClients clients, StageQueue queue, bool deadLetters, StageWork work, TimeProvider clock, ILogger logger)
    {
        (_queue, _work, _clock, _logger) = (queue, work, clock, logger);
        _postponement = deadLetters ? null : new(clients.Sender(queue), clock);
    }

    /// <summary>
    /// Null: the message is to be completed. Else it is to be dead-lettered, for this reason: its surroundings failed for days. To throw is to have the message given back at once:
    /// its pause is over by then.
    /// </summary>
    /// <param name="message">Locked, and its lock is renewed for as long as this takes.</param>
    /// <param name="stop">Ends a pause: somebody else may have the message now.</param>
    /// <param name="abort">Cuts the work.</param>
    public async Task<string?> HandleAsync(ServiceBusReceivedMessage message, CancellationToken stop, CancellationToken abort)
    {
        using var late = new CancellationTokenSource(WorkLimit, _clock);
        using var over = new CancellationTokenSource(CallLimit, _clock);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(abort, late.Token);
        using var pauseEnd = CancellationTokenSource.CreateLinkedTokenSource(abort, stop, over.Token);
        try
        {
            await _work(new(BodyOf(message), message.DeliveryCount, message.DeadLetterReason), cut.Token);
            return null;
        }
        catch (Exception e) when (_postponement is not null && !abort.IsCancellationRequested && AzureFault.IsOfSurroundings(e))
        {
            return await PostponeAsync(message, _postponement, e, pauseEnd.Token, abort);
        }
        catch (Exception e)
        {
            await PauseAsync(message, e, PauseAfter(message.DeliveryCount), pauseEnd.Token, abort);
            throw;
        }
    }

    /// <summary>What stands beside the reason of a dead letter.</summary>
    public static string Description(ServiceBusReceivedMessage message) => $"Handed out {message.DeliveryCount} times";

    /// <summary>How long a message waits, locked, after its work failed: 1 s, 2 s, 4 s … 1 min. Given back at once it would come again ten times in seconds.</summary>
    internal static TimeSpan PauseAfter(int deliveryCount) =>
        TimeSpan.FromSeconds(Math.Min(1L << Math.Clamp(deliveryCount - 1, 0, 30), LongestPause.TotalSeconds));

    /// <summary>
    /// The same after its copy could not be sent, though messages are received: a role is missing, a queue is full. 15 s, 30 s … 8 min, three quarters of
    /// an hour in all, since the event is counted and is not to blame.
    /// </summary>
    internal static TimeSpan PauseUnsent(int deliveryCount) =>
        TimeSpan.FromSeconds(Math.Min(15L << Math.Clamp(deliveryCount - 1, 0, 30), LongestUnsentPause.TotalSeconds));

    /// <summary>We send octets. What is something else in AMQP comes from elsewhere: the whole message then is what a record keeps, and no stage can read it.</summary>
    private static ReadOnlyMemory<byte> BodyOf(ServiceBusReceivedMessage message)
    {
        var raw = message.GetRawAmqpMessage();
        return (raw.Body.BodyType == AmqpMessageBodyType.Data ? message.Body : raw.ToBytes()).ToMemory();
    }

    private async Task<string?> PostponeAsync(ServiceBusReceivedMessage message, Postponement postponement, Exception cause, CancellationToken pauseEnd, CancellationToken abort)
    {
        try
        {
            if (postponement.IsTooOld(message))
            {
                var reason = $"Its surroundings failed for {Postponement.MaxAge.TotalDays} days; the last time: {AzureFault.WhyOf(cause)}";
                _logger.DeadLettered(_queue, message.MessageId, reason);
                return reason;
            }

            var due = await postponement.PostponeAsync(message, abort);
            _logger.Postponed(cause, _queue, message.MessageId, due);
            return null;
        }
        catch (Exception)
        {
            await PauseAsync(message, cause, PauseUnsent(message.DeliveryCount), pauseEnd, abort);
            throw;
        }
    }

    private async Task PauseAsync(ServiceBusReceivedMessage message, Exception cause, TimeSpan pause, CancellationToken pauseEnd, CancellationToken abort)
    {
        if (abort.IsCancellationRequested)
        {
            return;
        }

        _logger.WorkFailed(cause, _queue, message.MessageId, message.DeliveryCount, pause);
        await Task.Delay(pause, _clock, pauseEnd).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
