using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Span = System.Diagnostics.Activity;

namespace Gateway.Pipeline.Delivery;

/// <summary>Queue "deliveries" in; out go webhooks, and copies of what has to wait.</summary>
/// <remarks>
/// At least once: a crash between the endpoint's answer and the settling of the event sends the same webhook again, under the same
/// <c>webhook-id</c>. The copy that a second run makes has the id of the first one's, so there is never more than one.
/// </remarks>
public sealed class DeliverStage(
    LiveConfiguration configuration,
    EndpointParking parking,
    EndpointSlots slots,
    DeliveryAttempt attempt,
    DeadLetterBook deadLetters,
    IOptions<DeliveryOptions> options,
    TimeProvider clock,
    ILogger<DeliverStage> logger,
    PipelineMetrics metrics)
{
    /// <summary>How long an endpoint may be missing from the configuration before its deliveries are given up.</summary>
    internal static readonly TimeSpan UnknownFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan FirstUnknownWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UnknownWait = TimeSpan.FromMinutes(5);

    /// <exception cref="NoConfigurationException">There is no valid configuration: deliveries wait until there is.</exception>
    public async Task<StageResult> RunAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (!StageInput.TryRead(body, EventJson.Relaxed.DeliveryEvent, item => item.Version, DeliveryEvent.CurrentVersion, out var item, out var reason))
        {
            return StageResult.DeadLetter(reason);
        }

        using var span = Start(item);
        var current = configuration.Required;
        if (current.FindEndpoint(item.EndpointId) is not { } endpoint)
        {
            return await WaitUnknownAsync(item, body, cancel);
        }

        if (await parking.FindAsync(endpoint.Id, cancel) is not null)
        {
            return await WaitParkedAsync(item, body, null, cancel);
        }

        using var slot = slots.TryTake(endpoint.Id);
        if (slot is null)
        {
            return WaitForSlot(item);
        }

        if (await attempt.RunAsync(item, endpoint, cancel) is not { } answer)
        {
            return await BuryAsync(item, body, "The raw message and its content are gone", null, cancel);
        }

        Tell(span, item, answer);
        return await SettleAsync(item, body, answer, cancel);
    }

    private static Span? Start(DeliveryEvent item)
    {
        var span = PipelineTelemetry.Start("deliver", item.TraceParent);
        span?.SetTag("gateway.message_id", item.Message.MessageId.ToString());
        span?.SetTag("gateway.delivery_id", item.DeliveryId.ToString());
        span?.SetTag("gateway.endpoint", item.EndpointId);
        span?.SetTag("gateway.attempt", item.Attempt);
        return span;
    }

    private static void Tell(Span? span, DeliveryEvent item, WebhookAnswer answer)
    {
        span?.SetTag("http.response.status_code", answer.Status);
        span?.SetTag("error.type", answer.Failure?.Word());
        if (PipelineTelemetry.Points.IsEnabled(PipelineTelemetry.DeliveryAnswered))
        {
            PipelineTelemetry.Points.Write(
                PipelineTelemetry.DeliveryAnswered, new AnsweredPoint(item.DeliveryId.ToString(), item.Attempt, answer.Status));
        }
    }

    /// <summary>The route that named the endpoint may have been read from a newer document than ours.</summary>
    private async Task<StageResult> WaitUnknownAsync(DeliveryEvent item, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var since = item.UnknownSince ?? now;
        if (now - since >= UnknownFor)
        {
            return await BuryAsync(item, body, $"Endpoint {item.EndpointId} is not in the configuration any more", null, cancel);
        }

        var due = now + RetrySchedule.Spread(item, item.UnknownSince is null ? FirstUnknownWait : UnknownWait);
        logger.EndpointUnknown(item.EndpointId, item.DeliveryId.ToString(), due);
        return new() { Sends = [StageMessage.Of(item with { Send = item.Send + 1, UnknownSince = since }, due)] };
    }

    private StageResult WaitForSlot(DeliveryEvent item)
    {
        metrics.NoSlot();
        var due = slots.Reserve(item.EndpointId);
        logger.NoSlot(item.EndpointId, item.DeliveryId.ToString(), due);
        return new() { Sends = [StageMessage.Of(item with { Send = item.Send + 1 }, due)] };
    }

    private async Task<StageResult> SettleAsync(DeliveryEvent item, ReadOnlyMemory<byte> body, WebhookAnswer answer, CancellationToken cancel)
    {
        var action = answer.Failure is { } failure ? AnswerTable.Judge(failure) : AnswerTable.Judge(answer.Status ?? 0);
        var wait = action is AnswerAction.Retry or AnswerAction.RetryShort ? RetrySchedule.Next(item, action, action == AnswerAction.Retry ? answer.RetryAfter : null) : null;
        metrics.Attempted(action is AnswerAction.Retry or AnswerAction.RetryShort && wait is null ? AnswerAction.Dead : action, answer.Failure, answer.Elapsed);
        switch (action)
        {
            case AnswerAction.Done:
                logger.Delivered(item.DeliveryId.ToString(), item.Message.MessageId.ToString(), item.EndpointId, answer.Status, item.Attempt + 1);
                return new() { Activities = [Entry(item, ActivityKind.Delivered, answer)] };
            case AnswerAction.Park:
                if (await parking.ParkAsync(item.EndpointId, answer.Status ?? 0, cancel))
                {
                    metrics.EndpointParked();
                    logger.EndpointParked(item.EndpointId, answer.Status ?? 0);
                }

                return await WaitParkedAsync(item, body, answer, cancel);
            case AnswerAction.Dead:
                return await BuryAsync(item, body, $"The endpoint answered {answer.Status}: trying again cannot help", answer, cancel);
            default:
                return wait is { } time
                    ? Retry(item, answer, clock.GetUtcNow() + time)
                    : await BuryAsync(item, body, $"No success in {item.Attempt + 1} attempts; the last: {Cause(answer)}", answer, cancel);
        }
    }

    private StageResult Retry(DeliveryEvent item, WebhookAnswer answer, DateTimeOffset due)
    {
        metrics.Retried(answer.Failure);
        logger.Retrying(item.Attempt + 1, item.DeliveryId.ToString(), item.Message.MessageId.ToString(), item.EndpointId, Cause(answer), due);
        return new()
        {
            Sends = [StageMessage.Of(item with { Attempt = item.Attempt + 1, Send = item.Send + 1 }, due)],
            Activities = [Entry(item, ActivityKind.Retrying, answer) with { Next = due, Reason = Cause(answer) }],
        };
    }

    /// <summary>Waits for an endpoint to be re-enabled. The wait counts from the first time, also over a re-enabling that did not last.</summary>
    /// <param name="item">The delivery.</param>
    /// <param name="body">Its octets.</param>
    /// <param name="answer">The 410; null when the endpoint was found parked and not asked.</param>
    /// <param name="cancel">Gives up.</param>
    private async Task<StageResult> WaitParkedAsync(DeliveryEvent item, ReadOnlyMemory<byte> body, WebhookAnswer? answer, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var since = item.ParkedSince ?? now;
        var until = since + options.Value.ParkedFor;
        if (now >= until)
        {
            return await BuryAsync(item, body, $"The endpoint was parked for {options.Value.ParkedFor.TotalDays:0.#} days", answer, cancel);
        }

        var next = now + RetrySchedule.Spread(item, options.Value.ParkedRecheck);
        var due = next < until ? next : until;
        var copy = item with { Send = item.Send + 1, ParkedSince = since, Attempt = item.Attempt + (answer is null ? 0 : 1) };
        logger.WaitsParked(item.DeliveryId.ToString(), item.EndpointId, due);
        return new()
        {
            Sends = [StageMessage.Of(copy, due)],

            // One line when it begins to wait and none for each of a thousand looks.
            Activities = item.ParkedSince is null || answer is not null
                ? [Entry(item, ActivityKind.Parked, answer) with { Next = due, Reason = "The endpoint is parked" }]
                : [],
        };
    }

    private async Task<StageResult> BuryAsync(
        DeliveryEvent item, ReadOnlyMemory<byte> body, string reason, WebhookAnswer? answer, CancellationToken cancel)
    {
        var last = answer is null ? null : new LastAnswer(answer.Status, answer.Failure?.Word(), answer.Text);
        await deadLetters.RecordAsync(StageQueue.Deliveries, body, reason, last, cancel);
        logger.DeadLettered(item.DeliveryId.ToString(), item.Message.MessageId.ToString(), item.EndpointId, reason);
        return new() { Activities = [Entry(item, ActivityKind.DeadLettered, answer) with { Reason = reason }] };
    }

    private static string Cause(WebhookAnswer answer) => answer.Failure is { } failure ? failure.Sentence() : $"The endpoint answered {answer.Status}";

    private ActivityEntry Entry(DeliveryEvent item, ActivityKind kind, WebhookAnswer? answer) => new()
    {
        MessageId = item.Message.MessageId,
        At = clock.GetUtcNow(),
        Kind = kind,
        From = item.Message.Envelope.From,
        Recipient = item.Recipient,
        Subject = item.Summary.Subject,
        Octets = item.Message.Octets,
        Spam = item.Verdict.Spam.Class,
        RouteId = item.RouteId,
        EndpointId = item.EndpointId,
        DeliveryId = item.DeliveryId,
        Attempts = item.Attempt + (answer is null ? 0 : 1),
        HttpStatus = answer?.Status,
        Elapsed = answer?.Elapsed,
    };
}
