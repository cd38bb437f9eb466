using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>Whether a machine sent the message, so that no machine should answer it.</summary>
internal static class Automation
{
    /// <summary>
    /// By the null reverse-path (RFC 5321 section 4.5.5), Auto-Submitted (RFC 3834 section 5), list fields (RFC 2369, 2919), reports
    /// (RFC 6522), Precedence and the fields that Exchange and older responders use.
    /// </summary>
    public static bool Marks(string reversePath, IReadOnlyList<Header> fields, Entity? root) =>
        reversePath.Length == 0 || root?.MediaType == "multipart/report" || fields.Any(Marks);

    private static bool Marks(Header field) => field.Field.ToLowerInvariant() switch
    {
        "auto-submitted" => FirstWord(field) is not ("no" or ""),
        "precedence" => FirstWord(field) is "bulk" or "list" or "junk" or "auto_reply",
        "list-id" or "list-post" or "list-unsubscribe" or "list-help" or "list-owner" or "list-archive" or "list-subscribe" => true,
        "x-auto-response-suppress" => FirstWord(field) is not ("none" or ""),
        "x-autoreply" or "x-autorespond" or "x-autoresponse" or "x-auto-reply-from" => FirstWord(field) is not "no",
        _ => false,
    };

    private static string FirstWord(Header field)
    {
        var text = MimeText.Line(field.Value);
        var end = text.AsSpan().IndexOfAny(" ;(,");
        return (end < 0 ? text : text[..end]).ToLowerInvariant();
    }
}
