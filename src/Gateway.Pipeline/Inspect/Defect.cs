namespace Gateway.Pipeline.Inspect;

/// <summary>What can be wrong with a message: the closed set of words, besides those of the session that came with the event.</summary>
public static class Defect
{
    /// <summary>A From, Sender, Reply-To, To or Cc field holds something that is no address.</summary>
    public const string BadAddress = "bad_address";

    /// <summary>The Date field is not a date.</summary>
    public const string BadDate = "bad_date";

    /// <summary>Base64 or quoted-printable that does not follow RFC 2045.</summary>
    public const string BadEncoding = "bad_encoding";

    /// <summary>A field that RFC 5322 section 3.6 or RFC 2045 allows once stands there again. The first counts.</summary>
    public const string DuplicateSingletonHeader = "duplicate_singleton_header";

    /// <summary>Nothing: not an octet.</summary>
    public const string EmptyMessage = "empty_message";

    /// <summary>One field is longer than the limit and was cut; or a part's header block, or all of them together, and reading stopped there.</summary>
    public const string HeaderTooLarge = "header_too_large";

    /// <summary>The header block has more fields or octets than the limit; the rest was left out.</summary>
    public const string HeadersTruncated = "headers_truncated";

    /// <summary>A line of the header block is neither a field nor the continuation of one; it was left out, or the body was taken to begin there.</summary>
    public const string MalformedHeader = "malformed_header";

    /// <summary>A multipart without a usable boundary, or one that never occurs.</summary>
    public const string MissingBoundary = "missing_boundary";

    public const string MissingDate = "missing_date";

    /// <summary>There is no From field, or no address in it.</summary>
    public const string MissingFrom = "missing_from";

    /// <summary>More than one From field or author address: there is no one sender.</summary>
    public const string MultipleFrom = "multiple_from";

    /// <summary>Multiparts or messages inside each other beyond the limit.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>More attachments than the limit.</summary>
    public const string TooManyAttachments = "too_many_attachments";

    /// <summary>More parts than the limit; those behind were not looked at.</summary>
    public const string TooManyParts = "too_many_parts";

    /// <summary>The text body names a charset that nobody knows, or its octets are none of it; it was read as ISO 8859-1.</summary>
    public const string UnknownCharset = "unknown_charset";

    /// <summary>A Content-Transfer-Encoding that RFC 2045 does not know; taken as it stands.</summary>
    public const string UnknownEncoding = "unknown_encoding";

    /// <summary>The parser gave up on the body.</summary>
    public const string Unparsable = "unparsable";

    /// <summary>A multipart ends without its last boundary: the message was probably cut.</summary>
    public const string UnterminatedMultipart = "unterminated_multipart";
}
