using System.Collections.Immutable;
using Gateway.Core.Events;
using MimeKit;
using MimeKit.Utils;

namespace Gateway.Pipeline.Inspect;

/// <summary>Makes the <see cref="MessageContent"/> of a message out of its fields and bodies; attachments come from <see cref="AttachmentStore"/>.</summary>
internal sealed class ContentReader(InspectOptions limits, Findings findings)
{
    private const int MaxIdCharacters = 998; // a line (RFC 5322 section 2.1.1)

    // RFC 5322 section 3.6, RFC 2045 sections 3 to 8.
    private static readonly ImmutableArray<HeaderId> Singletons =
    [
        HeaderId.From, HeaderId.Sender, HeaderId.ReplyTo, HeaderId.To, HeaderId.Cc, HeaderId.Bcc, HeaderId.Subject, HeaderId.Date, HeaderId.MessageId,
        HeaderId.InReplyTo, HeaderId.References, HeaderId.MimeVersion, HeaderId.ContentType, HeaderId.ContentTransferEncoding,
    ];

    private readonly AddressReader _addresses = new(limits, findings);

    /// <summary>Everything but the attachments.</summary>
    /// <param name="inspection">The message.</param>
    /// <param name="author">Lower-case domain of the one From address; null when there is none or more than one.</param>
    /// <param name="cancel">Gives up.</param>
    public MessageContent Read(Inspection inspection, out string? author, CancellationToken cancel)
    {
        var fields = inspection.Fields;
        CheckSingletons(fields);
        var from = _addresses.Mailboxes(fields, HeaderId.From);
        author = Author(fields, from);
        return new MessageContent
        {
            Headers = [.. fields.Select(field => new HeaderField(field.Field, Decoded(field)))],
            From = AddressReader.Describe(from),
            To = AddressReader.Describe(_addresses.Mailboxes(fields, HeaderId.To)),
            Cc = AddressReader.Describe(_addresses.Mailboxes(fields, HeaderId.Cc)),
            ReplyTo = AddressReader.Describe(_addresses.Mailboxes(fields, HeaderId.ReplyTo)),
            Subject = First(fields, HeaderId.Subject) is { } subject ? Decoded(subject) : null,
            Date = ReadDate(fields),
            MessageId = Ids(fields, HeaderId.MessageId, 1).FirstOrDefault(),
            InReplyTo = Ids(fields, HeaderId.InReplyTo, 1).FirstOrDefault(),
            References = [.. Ids(fields, HeaderId.References, limits.MaxReferences)],
            Text = ReadText(inspection.Message, inspection.Bodies.Text, cancel),
            Html = ReadText(inspection.Message, inspection.Bodies.Html, cancel),
        };
    }

    // Octets that are no encoded words are UTF-8 (RFC 6532), else what older systems sent raw: MimeKit then takes ISO 8859-1.
    private static string Decoded(Header field) => MimeText.Line(field.Value);

    private static Header? First(IReadOnlyList<Header> fields, HeaderId id) => fields.FirstOrDefault(field => field.Id == id);

    private void CheckSingletons(IReadOnlyList<Header> fields)
    {
        var seen = new HashSet<HeaderId>();
        foreach (var field in fields)
        {
            if (Singletons.Contains(field.Id) && !seen.Add(field.Id))
            {
                findings.Add(Defect.DuplicateSingletonHeader);
            }
        }
    }

    private string? Author(IReadOnlyList<Header> fields, ImmutableArray<MailboxAddress> from)
    {
        if (from.Length == 0)
        {
            findings.Add(Defect.MissingFrom);
            return null;
        }

        if (from.Length > 1 || fields.Count(field => field.Id == HeaderId.From) > 1)
        {
            findings.Add(Defect.MultipleFrom);
            return null;
        }

        return SenderDomain.Of(from[0].Domain);
    }

    private DateTimeOffset? ReadDate(IReadOnlyList<Header> fields)
    {
        if (First(fields, HeaderId.Date) is not { } field)
        {
            findings.Add(Defect.MissingDate);
            return null;
        }

        if (DateUtils.TryParse(field.RawValue, out var date))
        {
            return date;
        }

        findings.Add(Defect.BadDate);
        return null;
    }

    private List<string> Ids(IReadOnlyList<Header> fields, HeaderId id, int max)
    {
        var ids = new List<string>();
        if (First(fields, id) is not { } field)
        {
            return ids;
        }

        foreach (var reference in MimeUtils.EnumerateReferences(field.RawValue, 0, field.RawValue.Length))
        {
            var text = MimeText.Line(reference);
            if (text.Length is 0 or > MaxIdCharacters)
            {
                continue;
            }

            if (ids.Count == max)
            {
                if (max > 1)
                {
                    findings.Cut();
                }

                break;
            }

            ids.Add($"<{text}>");
        }

        return ids;
    }

    private string? ReadText(MessageStream message, List<Entity> parts, CancellationToken cancel)
    {
        var body = new TextBody(limits, findings);
        foreach (var part in parts)
        {
            body.Add(message, part, cancel);
        }

        return body.Text;
    }
}
