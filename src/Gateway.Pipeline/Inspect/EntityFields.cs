using MimeKit;
using MimeKit.Utils;

namespace Gateway.Pipeline.Inspect;

/// <summary>What the Content-* fields say of an entity, reduced to short strings.</summary>
internal static class EntityFields
{
    private const int MaxMediaTypeCharacters = 255; // RFC 6838 section 4.2: 127 each
    private const int MaxCharsetCharacters = 64;
    private const int MaxContentIdCharacters = 998; // a line

    public static Entity Read(ContentType type, List<Header> fields, Findings findings)
    {
        var disposition = Find(fields, HeaderId.ContentDisposition) is { } field && ContentDisposition.TryParse(field.RawValue, out var parsed) ? parsed : null;
        var contentId = Find(fields, HeaderId.ContentId) is { } id ? MimeText.Line(id.Value).Trim('<', '>', ' ') : "";
        return new Entity
        {
            MediaType = MediaTypeOf(type),
            Charset = type.Charset is { Length: > 0 and <= MaxCharsetCharacters } charset ? charset : null,
            Name = FileName.Clean(disposition?.FileName) ?? FileName.Clean(type.Name),
            ContentId = contentId.Length == 0 ? null : MimeText.Cut(contentId, MaxContentIdCharacters),
            IsAttachment = disposition?.IsAttachment ?? false,
            Encoding = EncodingOf(fields, findings),
        };
    }

    private static string MediaTypeOf(ContentType type)
    {
        var text = MimeText.Line(type.MimeType).ToLowerInvariant();
        return text.Length <= MaxMediaTypeCharacters ? text : "application/octet-stream";
    }

    private static ContentEncoding EncodingOf(List<Header> fields, Findings findings)
    {
        if (Find(fields, HeaderId.ContentTransferEncoding) is not { } field)
        {
            return ContentEncoding.Default;
        }

        var text = field.Value.Trim();
        if (MimeUtils.TryParse(text, out ContentEncoding encoding))
        {
            return encoding;
        }

        findings.Add(Defect.UnknownEncoding);
        return ContentEncoding.Default;
    }

    private static Header? Find(List<Header> fields, HeaderId id) => fields.Find(field => field.Id == id);
}
