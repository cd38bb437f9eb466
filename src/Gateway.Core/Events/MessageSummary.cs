namespace Gateway.Core.Events;

/// <summary>One header field, decoded (RFC 2047) and unfolded.</summary>
public sealed record HeaderField(string Name, string Value);

/// <summary>The little of a message's content that travels in events. The whole is in the part <see cref="ContentPart"/>.</summary>
public sealed record MessageSummary
{
    /// <summary>Name of the part in the message store that holds the parsed content (headers, text, html, attachments) as JSON.</summary>
    public required string ContentPart { get; init; }

    /// <summary>Decoded subject, cut at 200 characters; null when the message has none.</summary>
    public string? Subject { get; init; }

    /// <summary>Attachments found, also beyond the cap of the list.</summary>
    public int Attachments { get; init; }
}
