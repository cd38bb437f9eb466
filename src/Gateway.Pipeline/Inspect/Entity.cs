using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>One MIME entity (RFC 2045 section 2.4) as little as is needed of it: what it is and where its octets are.</summary>
internal sealed class Entity
{
    /// <summary>Lower-case media type without parameters.</summary>
    public required string MediaType { get; set; }

    /// <summary>The charset parameter; null when there is none.</summary>
    public string? Charset { get; init; }

    /// <summary>File name without directories; null when there is none.</summary>
    public string? Name { get; init; }

    /// <summary>Content-ID without angle brackets; null when there is none.</summary>
    public string? ContentId { get; init; }

    /// <summary>Content-Disposition says "attachment" (RFC 2183 section 2.2).</summary>
    public bool IsAttachment { get; init; }

    public ContentEncoding Encoding { get; set; }

    /// <summary>Where the content begins and ends in the <see cref="MessageStream"/>.</summary>
    public long Start { get; set; }

    public long End { get; set; }

    /// <summary>Parts of a multipart; null for everything else.</summary>
    public List<Entity>? Parts { get; set; }

    /// <summary>The last boundary of a multipart was there.</summary>
    public bool IsTerminated { get; set; }

    public bool IsMultipart => Parts is not null;
}
