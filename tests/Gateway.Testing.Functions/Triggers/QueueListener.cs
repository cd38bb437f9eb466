using Azure.Messaging.ServiceBus;
using Gateway.Testing.Functions.Rpc;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions.Triggers;

/// <summary>One function's processor: concurrency, renewal of locks, completing and abandoning are the client library's, as they are in the real host.</summary>
internal sealed class QueueListener : IAsyncDisposable
{
    private readonly ServiceBusProcessor _processor;

    /// <remarks><c>queue</c> has no %NAME% left in it. <c>invoke</c> throws when the function failed, and the processor then gives the message back at once.</remarks>
    public QueueListener(
        ServiceBusClient client, string queue, FunctionInfo function, QueueTrigger trigger, HostConfiguration host, MessagesInFlight messages, HostLog log,
        Func<InvocationRequest, Task> invoke)
    {
        _processor = client.CreateProcessor(queue, new ServiceBusProcessorOptions
        {
            AutoCompleteMessages = trigger.AutoCompleteMessages ?? host.AutoCompleteMessages,
            MaxConcurrentCalls = host.MaxConcurrentCalls,
            MaxAutoLockRenewalDuration = host.MaxAutoLockRenewalDuration,
            PrefetchCount = host.PrefetchCount,
        });
        _processor.ProcessMessageAsync += async args =>
        {
            messages.Add(args);
            try
            {
                await invoke(MessageInvocation.Create(function, trigger, args.Message));
            }
            finally
            {
                messages.Remove(args);
            }
        };
        _processor.ProcessErrorAsync += args =>
        {
            log.Host(LogLevel.Warning, $"{function.Name}: {args.ErrorSource} failed on {args.EntityPath}", args.Exception);
            return Task.CompletedTask;
        };
    }

    public Task StartAsync(CancellationToken cancel) => _processor.StartProcessingAsync(cancel);

    /// <summary>Takes no more messages, and waits for those that it has.</summary>
    public Task StopAsync() => _processor.StopProcessingAsync();

    public ValueTask DisposeAsync() => _processor.DisposeAsync();
}
