using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;
using ActivityKind = Gateway.Core.Events.ActivityKind;

namespace Gateway.Pipeline.Inspect;

/// <summary>Queue "received" in, queue "inspected" out: reads the message once, stores its content and judges it.</summary>
/// <remarks>Doing it twice writes the same parts and sends the same id. Whatever a message holds, it goes on; only our own surroundings throw.</remarks>
public sealed class InspectStage(IMessageStore store, InspectOptions options, TimeProvider clock, ILogger<InspectStage> logger, InspectMetrics metrics)
{
    /// <param name="body">A <see cref="ReceivedEvent"/> in JSON.</param>
    /// <param name="cancel">Gives up; the event is then handed out again.</param>
    public async Task<StageResult> RunAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (!StageInput.TryRead(body, EventJson.Relaxed.ReceivedEvent, item => item.Version, ReceivedEvent.CurrentVersion, out var received, out var reason))
        {
            return DeadLetter(reason);
        }

        using var activity = PipelineTelemetry.Source.StartActivity("inspect", System.Diagnostics.ActivityKind.Consumer, received.TraceParent);
        await using var raw = await store.OpenRawAsync(received.MessageId, cancel);
        if (raw is null)
        {
            return DeadLetter("The raw message is gone");
        }

        CharsetMemory.Prepare();
        try
        {
            return await InspectAsync(Whole(received), raw, activity?.Id ?? received.TraceParent, cancel);
        }
        finally
        {
            CharsetMemory.Trim();
        }
    }

    private async Task<StageResult> InspectAsync(ReceivedEvent received, Stream raw, string? traceParent, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        var findings = new Findings();
        var inspection = Inspection.Read(raw, options, findings, cancel);
        var content = new ContentReader(inspection, options, findings).Read(out var author, cancel);
        List<Entity> attachments = [.. inspection.Bodies.Attachments];
        content = content with
        {
            Attachments = await new AttachmentStore(store, options).TakeAsync(received.MessageId, inspection.Message, attachments, findings, cancel),
            Truncated = findings.Truncated,
        };

        var verdict = Judge(received, inspection, author, findings);
        if (InspectedEventBuilder.Build(received, verdict, content, attachments.Count, traceParent) is not { } inspected)
        {
            return DeadLetter("The event is too big");
        }

        await StoreAsync(received, content, cancel);
        Tell(received, findings, attachments.Count, clock.GetElapsedTime(started));
        return new() { Sends = [StageMessage.Of(inspected)], Activities = Story(received, inspected) };
    }

    private static Verdict Judge(ReceivedEvent received, Inspection inspection, string? author, Findings findings) => new()
    {
        Authentication = Evidence.Authentication(received),
        Sender = new(author, Verified: false, By: null),
        Spam = SpamVerdict.NotEvaluated,
        Automated = Automation.Marks(received.Envelope.From, inspection.Fields, inspection.Root),
        Defects = [.. received.Defects.Concat(findings.Defects).Distinct(StringComparer.Ordinal)],
    };

    private async Task StoreAsync(ReceivedEvent received, MessageContent content, CancellationToken cancel)
    {
        await using var json = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(content, ContentJson.Relaxed.MessageContent), writable: false);
        await store.WritePartAsync(received.MessageId, MessageContent.PartName, json, cancel);
    }

    private void Tell(ReceivedEvent received, Findings findings, int attachments, TimeSpan elapsed)
    {
        metrics.Inspected(elapsed, findings.Truncated);
        foreach (var defect in findings.Defects)
        {
            metrics.Found(defect);
        }

        logger.Inspected(received.MessageId, received.Octets, attachments, findings.Defects.Length);
        if (findings.Defects.Contains(Defect.Unparsable))
        {
            logger.Unparsable(received.MessageId);
        }
    }

    private ImmutableArray<ActivityEntry> Story(ReceivedEvent received, InspectedEvent inspected)
    {
        var entry = new ActivityEntry
        {
            MessageId = received.MessageId,
            At = received.ReceivedAt,
            Kind = ActivityKind.Received,
            From = received.Envelope.From,
            Subject = inspected.Summary.Subject,
            Octets = received.Octets,
        };
        return [entry, entry with { At = clock.GetUtcNow(), Kind = ActivityKind.Inspected, Spam = inspected.Verdict.Spam.Class }];
    }

    private StageResult DeadLetter(string reason)
    {
        metrics.GivenUp();
        logger.ReceivedRefused(reason);
        return StageResult.DeadLetter(reason);
    }

    // A list that is null in JSON is an empty one to us.
    private static ReceivedEvent Whole(ReceivedEvent received) => received with
    {
        Evidence = received.Evidence.IsDefault ? [] : received.Evidence,
        Defects = received.Defects.IsDefault ? [] : received.Defects,
        Envelope = received.Envelope.Recipients.IsDefault ? received.Envelope with { Recipients = [] } : received.Envelope,
    };
}
