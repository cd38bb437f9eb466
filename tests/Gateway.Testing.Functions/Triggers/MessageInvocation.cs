using System.Diagnostics;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Gateway.Testing.Functions.Rpc;
using Google.Protobuf;

namespace Gateway.Testing.Functions.Triggers;

/// <summary>What a worker is sent for a message.</summary>
internal static class MessageInvocation
{
    public static InvocationRequest Create(FunctionInfo function, QueueTrigger trigger, ServiceBusReceivedMessage message)
    {
        var properties = message.ApplicationProperties;
        var request = CreateEmpty(
            function,
            properties.GetValueOrDefault("traceparent") as string ?? properties.GetValueOrDefault("Diagnostic-Id") as string,
            properties.GetValueOrDefault("tracestate") as string);
        request.Inputs.Add(new Parameter { Name = trigger.Parameter, Data = Input(trigger.Form, message) });
        foreach (var (name, value) in Metadata(message))
        {
            request.TriggerMetadata.Add(name, value);
        }

        return request;
    }

    /// <summary>A request without input, in the trace of <paramref name="traceparent"/>; in one of its own when there is none.</summary>
    public static InvocationRequest CreateEmpty(FunctionInfo function, string? traceparent, string? tracestate)
    {
        var (trace, flags) = ActivityContext.TryParse(traceparent, tracestate, out var parent)
            ? (parent.TraceId, parent.TraceFlags)
            : (ActivityTraceId.CreateRandom(), ActivityTraceFlags.Recorded);
        var request = new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = function.Id,
            // The host has a span of its own between the sender's and the worker's.
            Trace = new() { Traceparent = $"00-{trace}-{ActivitySpanId.CreateRandom()}-{(int)flags:x2}" },
        };
        if (parent.TraceState is { } state)
        {
            request.Trace.Tracestate = state;
        }

        return request;
    }

    private static Data Input(MessageForm form, ServiceBusReceivedMessage message) => form switch
    {
        MessageForm.Text => new() { Text = message.Body.ToString() },
        MessageForm.Octets => new() { Octets = ByteString.CopyFrom(message.Body) },
        _ => new()
        {
            Model = new()
            {
                Version = "1.0",
                Source = "AzureServiceBusReceivedMessage",
                ContentType = "application/octet-stream",
                Content = ByteString.CopyFrom([.. Guid.Parse(message.LockToken).ToByteArray(), .. message.GetRawAmqpMessage().ToBytes().ToArray()]),
            },
        },
    };

    private static IEnumerable<(string Name, Data Value)> Metadata(ServiceBusReceivedMessage message)
    {
        var properties = JsonSerializer.Serialize(message.ApplicationProperties);
        (string Name, string? Text)[] texts =
        [
            ("MessageId", message.MessageId), ("LockToken", message.LockToken), ("ContentType", message.ContentType), ("CorrelationId", message.CorrelationId),
            ("Subject", message.Subject), ("Label", message.Subject), ("To", message.To), ("ReplyTo", message.ReplyTo), ("SessionId", message.SessionId),
            ("ReplyToSessionId", message.ReplyToSessionId), ("PartitionKey", message.PartitionKey),
            ("TransactionPartitionKey", message.TransactionPartitionKey), ("DeadLetterSource", message.DeadLetterSource),
        ];
        // Numbers too are JSON: the worker takes no integers.
        return
        [
            .. texts.Where(pair => pair.Text is not null).Select(pair => (pair.Name, new Data { Text = pair.Text })),
            ("DeliveryCount", new() { Json = JsonSerializer.Serialize(message.DeliveryCount) }),
            ("SequenceNumber", new() { Json = JsonSerializer.Serialize(message.SequenceNumber) }),
            ("EnqueuedTimeUtc", new() { Json = JsonSerializer.Serialize(message.EnqueuedTime.UtcDateTime) }),
            ("ExpiresAtUtc", new() { Json = JsonSerializer.Serialize(message.ExpiresAt.UtcDateTime) }),
            ("ApplicationProperties", new() { Json = properties }),
            ("UserProperties", new() { Json = properties }),
        ];
    }
}
