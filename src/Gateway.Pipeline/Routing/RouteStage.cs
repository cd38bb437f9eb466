using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.Inspect;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Routing;

/// <summary>Queue "inspected" in, queue "deliveries" out: each recipient's routes, each webhook action a delivery of its own (invariant 4).</summary>
/// <remarks>Run twice on one event it gives equal sends and writes equal records.</remarks>
public sealed class RouteStage(
    LiveConfiguration configuration,
    IMessageStore messages,
    IStateStore state,
    IOptions<KeptOptions> options,
    TimeProvider clock,
    ILogger<RouteStage> logger,
    PipelineMetrics metrics)
{
    /// <exception cref="NoConfigurationException">There is no valid configuration: mail waits until there is (invariant 11).</exception>
    public async Task<StageResult> RunAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (!StageInput.TryRead(body, EventJson.Relaxed.InspectedEvent, item => item.Version, InspectedEvent.CurrentVersion, out var item, out var reason))
        {
            return StageResult.DeadLetter(reason);
        }

        using var span = PipelineTelemetry.Start("route", item.TraceParent);
        span?.SetTag("gateway.message_id", item.Message.MessageId.ToString());
        var current = configuration.Required;
        if (await HeadersAsync(current, item, cancel) is not { } headers)
        {
            return StageResult.DeadLetter("The raw message and its content are gone");
        }

        var plan = item.Message.Envelope.Recipients
            .Distinct(StringComparer.Ordinal)
            .Select(recipient => new Planned(recipient, Router.Evaluate(current, headers, recipient)))
            .ToArray();
        await WriteRecordsAsync(item, plan, cancel);
        var sends = Deliveries(item, plan, span?.Id ?? item.TraceParent);
        logger.Routed(item.Message.MessageId.ToString(), sends.Length, plan.Length);
        return new() { Sends = sends, Activities = Activities(item, plan) };
    }

    /// <summary>What the event carries, or the content part when that was cut; null when the whole message is gone.</summary>
    private async Task<ImmutableArray<HeaderField>?> HeadersAsync(GatewayConfiguration current, InspectedEvent item, CancellationToken cancel)
    {
        if (!item.HeadersTruncated || !Router.NeedsHeaders(current))
        {
            return item.Headers;
        }

        var id = item.Message.MessageId;
        await using var part = await messages.OpenPartAsync(id, item.Summary.ContentPart, cancel);
        if (part is not null)
        {
            var content = await JsonSerializer.DeserializeAsync(part, ContentJson.Relaxed.MessageContent, cancel);
            return content?.Headers ?? throw new InvalidOperationException($"The content part of {id} is empty");
        }

        await using var raw = await messages.OpenRawAsync(id, cancel);
        return raw is null ? null : throw new InvalidOperationException($"The content part of {id} is missing");
    }

    private static ImmutableArray<StageMessage> Deliveries(InspectedEvent item, Planned[] plan, string? traceParent)
    {
        // A delivery names the recipients of its own endpoint only: another tenant's blind copy is none of its business.
        var recipientsOf = plan
            .SelectMany(planned => planned.Endpoints.Select(endpoint => (endpoint, planned.Recipient)))
            .Distinct()
            .GroupBy(pair => pair.endpoint, pair => pair.Recipient)
            .ToDictionary(group => group.Key, group => group.ToImmutableArray(), StringComparer.Ordinal);

        var sends = ImmutableArray.CreateBuilder<StageMessage>();
        foreach (var planned in plan)
        {
            foreach (var (routeId, action) in planned.Actions)
            {
                if (action is RouteAction.Webhook webhook)
                {
                    sends.Add(StageMessage.Of(Delivery(item, planned.Recipient, routeId, webhook.EndpointId, recipientsOf[webhook.EndpointId], traceParent)));
                }
            }
        }

        return sends.ToImmutable();
    }

    private static DeliveryEvent Delivery(
        InspectedEvent item, string recipient, string routeId, string endpointId, ImmutableArray<string> recipients, string? traceParent) => new()
        {
            DeliveryId = DeliveryId.Of(item.Message.MessageId, recipient, routeId, endpointId),
            Message = item.Message with { Envelope = item.Message.Envelope with { Recipients = recipients } },
            Verdict = item.Verdict,
            Summary = item.Summary,
            Recipient = recipient,
            RouteId = routeId,
            EndpointId = endpointId,
            Run = item.Run,
            TraceParent = traceParent,
        };

    private async Task WriteRecordsAsync(InspectedEvent item, Planned[] plan, CancellationToken cancel)
    {
        var stored = plan
            .SelectMany(planned => planned.Actions.Where(taken => taken.Action is RouteAction.Store).Select(taken => (taken.RouteId, planned.Recipient)))
            .GroupBy(pair => pair.RouteId, pair => pair.Recipient, StringComparer.Ordinal)
            .ToArray();
        var unrouted = plan.Where(planned => planned.Actions.IsEmpty).Select(planned => planned.Recipient).ToImmutableArray();
        if (stored.Length == 0 && unrouted.IsEmpty)
        {
            return;
        }

        // Raw first (invariant 12): a record never refers to what a sweep may take away.
        var id = item.Message.MessageId;
        var kept = await messages.KeepAsync(id, cancel);
        if (!kept)
        {
            logger.RawGone(id.ToString());
        }

        foreach (var route in stored)
        {
            await WriteRecordAsync(item, route.Key, [.. route], kept, cancel);
        }

        if (!unrouted.IsEmpty)
        {
            await WriteRecordAsync(item, null, unrouted, kept, cancel);
            logger.Unrouted(id.ToString(), unrouted.Length);
        }
    }

    /// <param name="item">The event.</param>
    /// <param name="routeId">The route whose store action it is; null for what no route took.</param>
    /// <param name="recipients">Those that the record stands for.</param>
    /// <param name="kept">Whether the raw message is.</param>
    /// <param name="cancel">Gives up.</param>
    private async Task WriteRecordAsync(InspectedEvent item, string? routeId, ImmutableArray<string> recipients, bool kept, CancellationToken cancel)
    {
        var id = item.Message.MessageId;
        var record = new KeptRecord
        {
            MessageId = id,
            At = clock.GetUtcNow(),
            Reason = routeId is null ? KeptRecord.Unrouted : KeptRecord.Stored,
            RouteId = routeId,
            Recipients = recipients,
            RawKept = kept,
            Event = item,
        };
        var key = routeId is null
            ? new StateKey(KeptRecord.Unrouted, $"{id}:{item.Run}")
            : new StateKey(KeptRecord.Stored, $"{id}:{routeId}:{item.Run}");
        var value = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Relaxed.KeptRecord);
        await state.PutAsync(key, value, record.At + options.Value.KeptRetention, StateCondition.None, cancel);
    }

    private ImmutableArray<ActivityEntry> Activities(InspectedEvent item, Planned[] plan)
    {
        var entries = ImmutableArray.CreateBuilder<ActivityEntry>();
        foreach (var planned in plan)
        {
            if (planned.Actions.IsEmpty)
            {
                metrics.Unrouted();
                entries.Add(Entry(item, ActivityKind.Unrouted, planned.Recipient, null) with { Reason = "No route takes this recipient" });
            }

            foreach (var (routeId, action) in planned.Actions)
            {
                var (word, kind) = action switch
                {
                    RouteAction.Store => ("store", ActivityKind.Stored),
                    RouteAction.Drop => ("drop", ActivityKind.Dropped),
                    _ => ("webhook", (ActivityKind?)null),
                };
                metrics.Routed(word);
                logger.Took(routeId, word, planned.Recipient, item.Message.MessageId.ToString());
                if (kind is { } line)
                {
                    entries.Add(Entry(item, line, planned.Recipient, routeId));
                }
            }
        }

        return entries.ToImmutable();
    }

    private ActivityEntry Entry(InspectedEvent item, ActivityKind kind, string recipient, string? routeId) => new()
    {
        MessageId = item.Message.MessageId,
        At = clock.GetUtcNow(),
        Kind = kind,
        From = item.Message.Envelope.From,
        Recipient = recipient,
        Subject = item.Summary.Subject,
        Octets = item.Message.Octets,
        Spam = item.Verdict.Spam.Class,
        RouteId = routeId,
    };

    private sealed record Planned(string Recipient, ImmutableArray<RoutedAction> Actions)
    {
        public IEnumerable<string> Endpoints => Actions.Select(taken => taken.Action).OfType<RouteAction.Webhook>().Select(webhook => webhook.EndpointId);
    }
}
