using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Core.Events;

namespace Gateway.Pipeline.Inspect;

/// <summary>Makes the event for Route, which must fit its queue whatever the message holds (invariant 13).</summary>
internal static class InspectedEventBuilder
{
    private const int MaxSubjectCharacters = 200;

    /// <summary>Null when even without header fields it does not fit: the received event is not one of ours.</summary>
    public static InspectedEvent? Build(ReceivedEvent received, Verdict verdict, MessageContent content, int attachments, string? traceParent)
    {
        var bare = new InspectedEvent
        {
            Message = received,
            Verdict = verdict,
            Summary = new()
            {
                ContentPart = MessageContent.PartName,
                Subject = content.Subject is { } subject ? MimeText.Cut(subject, MaxSubjectCharacters) : null,
                Attachments = attachments,
            },
            HeadersTruncated = true,
            TraceParent = traceParent,
        };
        var room = StageMessage.MaxBodyOctets - JsonSerializer.SerializeToUtf8Bytes(bare, EventJson.Relaxed.InspectedEvent).Length;
        if (room < 0)
        {
            return null;
        }

        var headers = Fit(content.Headers, Math.Min(room, InspectedEvent.MaxHeaderOctets));
        return bare with { Headers = headers, HeadersTruncated = headers.Length < content.Headers.Length };
    }

    private static ImmutableArray<HeaderField> Fit(ImmutableArray<HeaderField> headers, int maxOctets)
    {
        var octets = 2; // the brackets of an empty list are counted already: one reason to stay on the safe side
        var count = 0;
        foreach (var header in headers)
        {
            octets += Measure(header) + 1;
            if (octets > maxOctets)
            {
                break;
            }

            count++;
        }

        return headers[..count];
    }

    private static int Measure(HeaderField header) =>
        JsonSerializer.SerializeToUtf8Bytes(header, EventJson.Relaxed.GetTypeInfo(typeof(HeaderField))!).Length;
}
