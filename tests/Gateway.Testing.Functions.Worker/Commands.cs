using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Grpc.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions.Worker;

/// <summary>Functions that do what the message says, well or ill.</summary>
internal sealed partial class Commands(TestLine test, ILogger<Commands> logger)
{
    private const string Bus = "Bus";

    private static readonly ConcurrentQueue<ServiceBusReceivedMessage> Remembered = new();

    /// <summary>The message's subject is the command.</summary>
    [Function(nameof(Act))]
    public async Task Act(
        [ServiceBusTrigger("%ActQueue%", Connection = Bus)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions,
        FunctionContext context,
        CancellationToken cancel)
    {
        LogTold(message.Subject);
        await (message.Subject switch
        {
            "throw" => throw new InvalidOperationException("Told to throw"),
            "wait" => test.AskAsync($"waits {message.MessageId}", CancellationToken.None),
            "wait-or-cancel" => WaitOrCancelAsync(message, cancel),
            "dead-letter" => actions.DeadLetterMessageAsync(message, deadLetterReason: "told", deadLetterErrorDescription: "It was told to", cancellationToken: cancel),
            "abandon" => actions.AbandonMessageAsync(message, cancellationToken: cancel),
            "complete-then-throw" => CompleteThenThrowAsync(message, actions),
            "renew" => RenewAsync(message, actions),
            "remember" => RememberAsync(message),
            "settle-remembered" => SettleRememberedAsync(actions),
            "describe" => test.AskAsync(Describe(message, context), cancel),
            _ => Task.CompletedTask,
        });
    }

    /// <summary>The same by text and metadata.</summary>
    [Function(nameof(Read))]
    public async Task Read([ServiceBusTrigger("text", Connection = Bus)] string body, string messageId, int deliveryCount, CancellationToken cancel) =>
        await test.AskAsync($"{body} {messageId} {deliveryCount}", cancel);

    [Function(nameof(Bury))]
    public async Task Bury([ServiceBusTrigger("%ActQueue%/$deadletterqueue", Connection = Bus)] ServiceBusReceivedMessage message, CancellationToken cancel) =>
        await test.AskAsync($"buried {message.MessageId} {message.DeadLetterReason}", cancel);

    [Function(nameof(Tick))]
    public async Task Tick([TimerTrigger("0 0 0 1 1 *")] TimerInfo timer, CancellationToken cancel)
    {
        if (await test.AskAsync($"ticks {timer.IsPastDue}", cancel) == "throw")
        {
            throw new InvalidOperationException("Told to throw");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Told to {Command}")]
    private partial void LogTold(string command);

    private async Task WaitOrCancelAsync(ServiceBusReceivedMessage message, CancellationToken cancel)
    {
        try
        {
            await test.AskAsync($"waits {message.MessageId}", cancel);
        }
        catch (OperationCanceledException)
        {
            await test.AskAsync($"cancelled {message.MessageId}", CancellationToken.None);
            throw;
        }
    }

    private static async Task CompleteThenThrowAsync(ServiceBusReceivedMessage message, ServiceBusMessageActions actions)
    {
        await actions.CompleteMessageAsync(message);
        throw new InvalidOperationException("Told to throw");
    }

    private async Task RenewAsync(ServiceBusReceivedMessage message, ServiceBusMessageActions actions)
    {
        await actions.RenewMessageLockAsync(message);
        await test.AskAsync("renewed", CancellationToken.None);
    }

    private static Task RememberAsync(ServiceBusReceivedMessage message)
    {
        Remembered.Enqueue(message);
        return Task.CompletedTask;
    }

    private async Task SettleRememberedAsync(ServiceBusMessageActions actions)
    {
        try
        {
            await actions.CompleteMessageAsync(Remembered.Single());
            await test.AskAsync("settled", CancellationToken.None);
        }
        catch (RpcException error)
        {
            await test.AskAsync(error.StatusCode.ToString(), CancellationToken.None);
        }
    }

    private static string Describe(ServiceBusReceivedMessage message, FunctionContext context) => JsonSerializer.Serialize(new
    {
        body = message.Body.ToString(),
        message.MessageId,
        message.CorrelationId,
        message.DeliveryCount,
        message.SequenceNumber,
        message.EnqueuedTime,
        message.LockToken,
        properties = message.ApplicationProperties.ToDictionary(pair => pair.Key, pair => $"{pair.Value.GetType().Name} {pair.Value}"),
        metadata = context.BindingContext.BindingData,
        trace = Activity.Current?.TraceId.ToString(),
        parent = context.TraceContext.TraceParent,
        setting = Environment.GetEnvironmentVariable("A_SETTING"),
        start = Environment.GetEnvironmentVariable("START"),
    });
}
