using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Gateway.Core.Events;
using MimeKit;
using MimeKit.Utils;

namespace Gateway.Pipeline.Inspect;

/// <summary>Makes the <see cref="MessageContent"/> of a message out of its fields and bodies; attachments come from <see cref="AttachmentStore"/>.</summary>
internal sealed class ContentReader(Inspection inspection, InspectOptions limits, Findings findings)
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
    /// <param name="author">Lower-case domain of the one From address; null when there is none or more than one.</param>
    /// <param name="cancel">Gives up.</param>
    public MessageContent Read(out string? author, CancellationToken cancel)
    {
        var fields = inspection.Fields;
        CheckSingletons(fields);
        var from = Mailboxes(HeaderId.From);
        author = Author(fields, from);
        return new MessageContent
        {
            Headers = [.. fields.Select(field => new HeaderField(field.Field, Decoded(field)))],
            From = AddressReader.Describe(from),
            To = AddressReader.Describe(Mailboxes(HeaderId.To)),
            Cc = AddressReader.Describe(Mailboxes(HeaderId.Cc)),
            ReplyTo = AddressReader.Describe(Mailboxes(HeaderId.ReplyTo)),
            Subject = First(fields, HeaderId.Subject) is { } subject ? Decoded(subject) : null,
            Date = Try(() => ReadDate(fields), null),
            MessageId = Ids(HeaderId.MessageId, 1).FirstOrDefault(),
            InReplyTo = Ids(HeaderId.InReplyTo, 1).FirstOrDefault(),
            References = [.. Ids(HeaderId.References, limits.MaxReferences)],
            Text = Try(() => ReadText(inspection.Bodies.Text, cancel), null),
            Html = Try(() => ReadText(inspection.Bodies.Html, cancel), null),
        };
    }

    // Raw octets are UTF-8 (RFC 6532); where they can't be, an older system sent them, most likely in the charset of its text.
    private string Decoded(Header field) => Try(
        () => MimeText.Line(Utf8.IsValid(field.RawValue) || OldCharset() is not { } charset ? field.Value : field.GetValue(charset)), "");

    private Encoding? OldCharset() => inspection.Bodies.Leaves.Find(leaf => leaf.Charset is not null) is { } leaf ? CharsetName.Find(leaf.Charset) : null;

    // The parsers of fields are lenient and do not throw. If one does for some message, that message still goes on, without that field.
    private T Try<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not OperationCanceledException && !inspection.Message.HasFailed)
        {
            findings.Cut(Defect.Unparsable);
            return otherwise;
        }
    }

    private ImmutableArray<MailboxAddress> Mailboxes(HeaderId id) => Try(() => _addresses.Mailboxes(inspection.Fields, id), []);

    private List<string> Ids(HeaderId id, int max) => Try(() => Ids(inspection.Fields, id, max), []);

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

    private string? ReadText(List<Entity> parts, CancellationToken cancel)
    {
        var body = new TextBody(limits, findings);
        foreach (var part in parts)
        {
            body.Add(inspection.Message, part, cancel);
        }

        return body.Text;
    }
}
