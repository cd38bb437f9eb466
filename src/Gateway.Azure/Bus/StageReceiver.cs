using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Azure.Bus;

/// <summary>Receives one queue and settles what the work made of each message. A message is locked while it is worked on and gone only when it is settled.</summary>
public sealed class StageReceiver : IAsyncDisposable
{
    private readonly ServiceBusProcessor _processor;
    private readonly StageQueue _queue;
    private readonly StageHandler _handler;
    private readonly ILogger<StageReceiver> _logger;
    private readonly CancellationTokenSource _abort = new();
    private bool _isDisposed;

    /// <param name="clients">Outlives this.</param>
    /// <param name="queue">Which one.</param>
    /// <param name="deadLetters">True: its dead-letter subqueue.</param>
    /// <param name="options">Without <see cref="StageReceiverOptions.Problems"/>.</param>
    /// <param name="work">What to do.</param>
    /// <param name="clock">For pauses.</param>
    /// <param name="logger">For what goes wrong.</param>
    public StageReceiver(
        BusClients clients, StageQueue queue, bool deadLetters, StageReceiverOptions options, StageWork work, TimeProvider clock, ILogger<StageReceiver> logger)
    {
        (_queue, _logger) = (queue, logger);
        _handler = new(clients, queue, deadLetters, work, clock, logger);
        _processor = clients.Receiving.CreateProcessor(QueueNames.Of(queue), new ServiceBusProcessorOptions
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

    private async Task HandleAsync(ProcessMessageEventArgs args)
    {
        string? reason;
        try
        {
            reason = await _handler.HandleAsync(args.Message, args.CancellationToken, _abort.Token);
        }
        catch (Exception)
        {
            await SettleAsync(args, () => args.AbandonMessageAsync(args.Message, cancellationToken: CancellationToken.None)); // the handler has told of it
            return;
        }

        // It is done: a stop must not have it done again.
        await SettleAsync(args, () => reason is null
            ? args.CompleteMessageAsync(args.Message, CancellationToken.None)
            : args.DeadLetterMessageAsync(args.Message, reason, StageHandler.Description(args.Message), CancellationToken.None));
    }

    /// <remarks>What is done and could not be settled is not put off: it may be settled all the same, and a copy would have it done again.</remarks>
    private async Task SettleAsync(ProcessMessageEventArgs args, Func<Task> settle)
    {
        try
        {
            await settle();
        }
        catch (ServiceBusException e) when (e.Reason == ServiceBusFailureReason.MessageLockLost)
        {
            _logger.LockLost(_queue, args.Message.MessageId);
        }
        catch (Exception e)
        {
            _logger.NotSettled(e, _queue, args.Message.MessageId); // it comes again when its lock ends
        }
    }
}
