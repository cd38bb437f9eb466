using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Azure.Bus;

/// <summary>
/// Works on one event. Null: it is done; else why it is dead-lettered. To throw is to be handed the event again later: ten times, or, if what it throws says that a
/// store or the bus failed, for three days.
/// </summary>
/// <param name="delivery">The event, handed out.</param>
/// <param name="cancel">The hard stop.</param>
public delegate Task<string?> StageWork(StageDelivery delivery, CancellationToken cancel);

/// <summary>An event as a queue hands it out.</summary>
/// <param name="Body">As it was sent.</param>
/// <param name="DeliveryCount">How often it was handed out, this time included.</param>
/// <param name="DeadLetterReason">Why the queue gave it up; null when it comes from no dead-letter subqueue.</param>
public readonly record struct StageDelivery(ReadOnlyMemory<byte> Body, int DeliveryCount, string? DeadLetterReason);

/// <summary>Receives one queue and settles what the work made of each message. A message is locked while it is worked on and gone only when it is settled.</summary>
public sealed class StageReceiver : IAsyncDisposable
{
    /// <summary>The service's limit for the reason and for the description of a dead letter.</summary>
    public const int MaxReasonChars = 4096;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ServiceBusProcessor _processor;
    private readonly StageQueue _queue;
    private readonly bool _isDeadLetters;
    private readonly StageWork _work;
    private readonly TimeProvider _clock;
    private readonly ILogger<StageReceiver> _logger;
    private readonly Postponement? _postponement;
    private readonly CancellationTokenSource _abort = new();
    private bool _isDisposed;

    /// <param name="clients">Outlives this.</param>
    /// <param name="queue">Which one.</param>
    /// <param name="deadLetters">True: its dead-letter subqueue, from which nothing can be dead-lettered again.</param>
    /// <param name="options">Without <see cref="StageReceiverOptions.Problems"/>.</param>
    /// <param name="work">What to do.</param>
    /// <param name="clock">For pauses.</param>
    /// <param name="logger">For what goes wrong.</param>
    public StageReceiver(
        BusClients clients, StageQueue queue, bool deadLetters, StageReceiverOptions options, StageWork work, TimeProvider clock, ILogger<StageReceiver> logger)
    {
        (_queue, _isDeadLetters, _work, _clock, _logger) = (queue, deadLetters, work, clock, logger);
        _postponement = deadLetters ? null : new(clients.Sender(queue), clock);
        _processor = clients.Client.CreateProcessor(QueueNames.Of(queue), new ServiceBusProcessorOptions
        {
            ReceiveMode = ServiceBusReceiveMode.PeekLock,
            SubQueue = deadLetters ? SubQueue.DeadLetter : SubQueue.None,
            AutoCompleteMessages = false,
            MaxConcurrentCalls = options.MaxConcurrent,
            MaxAutoLockRenewalDuration = options.MaxLockRenewal,
            PrefetchCount = 0, // what is fetched ahead is locked, its lock is not renewed, and every handing-out counts
        });
        _processor.ProcessMessageAsync += HandleAsync;
        _processor.ProcessErrorAsync += error =>
        {
            _logger.ReceiveFailed(error.Exception, queue, error.ErrorSource);
            return Task.CompletedTask;
        };
    }

    public Task StartAsync(CancellationToken cancel) => _processor.StartProcessingAsync(cancel);

    /// <summary>Takes no more, ends the pauses and waits for what is being worked on; that is cut at <paramref name="hardStop"/> and comes again.</summary>
    public async Task StopAsync(CancellationToken hardStop)
    {
        await using var cut = hardStop.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort);
        await _processor.StopProcessingAsync(CancellationToken.None);
    }

    /// <summary>Cuts what is still going on. Stop first to let it end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await StopAsync(new CancellationToken(canceled: true));
        await _processor.DisposeAsync();
        _abort.Dispose();
    }

    /// <summary>How long a message waits, locked, after its work failed: 1 s, 2 s, 4 s … 1 min. Given back at once it would come again ten times in seconds.</summary>
    internal static TimeSpan PauseAfter(int deliveryCount) =>
        TimeSpan.FromSeconds(Math.Min(1L << Math.Clamp(deliveryCount - 1, 0, 30), LongestPause.TotalSeconds));

    /// <remarks>What is done and could not be settled is given back and not put off: it may be settled all the same, and a copy would have it done again.</remarks>
    private async Task HandleAsync(ProcessMessageEventArgs args)
    {
        var (message, isDone) = (args.Message, false);
        try
        {
            var reason = await _work(new(message.Body.ToMemory(), message.DeliveryCount, message.DeadLetterReason), _abort.Token);
            isDone = true;
            await SettleAsync(args, reason);
        }
        catch (ServiceBusException e) when (e.Reason == ServiceBusFailureReason.MessageLockLost)
        {
            _logger.LockLost(_queue, message.MessageId);
        }
        catch (Exception e) when (!isDone && _postponement is not null && !_abort.IsCancellationRequested && AzureFault.IsOfSurroundings(e))
        {
            await PostponeAsync(args, _postponement, e);
        }
        catch (Exception e)
        {
            await GiveBackAsync(args, e);
        }
    }

    private async Task SettleAsync(ProcessMessageEventArgs args, string? reason)
    {
        if (reason is null)
        {
            await args.CompleteMessageAsync(args.Message, CancellationToken.None); // it is done: a stop must not have it done again
            return;
        }

        if (_isDeadLetters)
        {
            throw new InvalidOperationException($"A dead letter cannot be dead-lettered: {reason}");
        }

        _logger.DeadLettered(_queue, args.Message.MessageId, reason);
        var description = $"Handed out {args.Message.DeliveryCount} times";
        await args.DeadLetterMessageAsync(args.Message, Cut(reason), description, CancellationToken.None);
    }

    private async Task PostponeAsync(ProcessMessageEventArgs args, Postponement postponement, Exception cause)
    {
        try
        {
            if (postponement.IsTooOld(args.Message))
            {
                await SettleAsync(args, $"Its surroundings failed for {Postponement.MaxAge.TotalDays} days; the last time: {AzureFault.WhyOf(cause)}");
                return;
            }

            var due = await postponement.PostponeAsync(args.Message, _abort.Token);
            _logger.Postponed(cause, _queue, args.Message.MessageId, due);
            await args.CompleteMessageAsync(args.Message, CancellationToken.None);
        }
        catch (ServiceBusException e) when (e.Reason == ServiceBusFailureReason.MessageLockLost)
        {
            _logger.LockLost(_queue, args.Message.MessageId);
        }
        catch (Exception)
        {
            await GiveBackAsync(args, cause); // the bus is down too
        }
    }

    private async Task GiveBackAsync(ProcessMessageEventArgs args, Exception cause)
    {
        var message = args.Message;
        var pause = PauseAfter(message.DeliveryCount);
        if (!_abort.IsCancellationRequested)
        {
            _logger.WorkFailed(cause, _queue, message.MessageId, message.DeliveryCount, pause);
        }

        try
        {
            await Task.Delay(pause, _clock, args.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The processor takes no more: somebody else may have it now.
        }

        try
        {
            await args.AbandonMessageAsync(message, cancellationToken: CancellationToken.None);
        }
        catch (Exception e)
        {
            _logger.NotGivenBack(e, _queue, message.MessageId); // it comes again when its lock ends
        }
    }

    private static string Cut(string text)
    {
        if (text.Length <= MaxReasonChars)
        {
            return text;
        }

        return text[..(char.IsHighSurrogate(text[MaxReasonChars - 1]) ? MaxReasonChars - 1 : MaxReasonChars)];
    }
}
