using System.ComponentModel.DataAnnotations;

namespace Gateway.Pipeline.Inspect;

/// <summary>How much of a message is taken over into its <see cref="MessageContent"/>. Past each limit the rest stays in the raw message and Truncated is set.</summary>
public sealed class InspectOptions
{
    /// <summary>Fields of the top header block that are read. Default 1,000, which is what Postfix and Gmail stay well under.</summary>
    [Range(50, 10_000)]
    public int MaxHeaderFields { get; set; } = 1000;

    /// <summary>Octets of the header block of the message, and of a message attached to it. Default 256 KiB.</summary>
    [Range(16 * 1024, 1024 * 1024)]
    public int MaxHeaderOctets { get; set; } = 256 * 1024;

    /// <summary>Octets of the header block of a part; reading stops at a longer one. Default 64 KiB.</summary>
    [Range(4 * 1024, 256 * 1024)]
    public int MaxPartHeaderOctets { get; set; } = 64 * 1024;

    /// <summary>Octets of the header blocks of all parts together, those of attached messages included; reading stops there. Default 8 MiB.</summary>
    [Range(256 * 1024, 64 * 1024 * 1024)]
    public int MaxAllPartHeaderOctets { get; set; } = 1024 * 1024;

    /// <summary>Octets of one field; a longer one is cut. Default 64 KiB: some 1,500 addresses.</summary>
    [Range(4 * 1024, 256 * 1024)]
    public int MaxFieldOctets { get; set; } = 64 * 1024;

    /// <summary>Addresses of each of From, To, Cc and Reply-To. Default 2,000.</summary>
    [Range(1, 10_000)]
    public int MaxAddresses { get; set; } = 2000;

    /// <summary>Ids of References. Default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxReferences { get; set; } = 1000;

    /// <summary>Parts that are looked at, nested ones included; reading stops there. Default 10,000.</summary>
    [Range(100, 100_000)]
    public int MaxParts { get; set; } = 10_000;

    /// <summary>Multiparts and messages inside each other; a deeper one is an attachment. Default 64.</summary>
    [Range(8, 256)]
    public int MaxDepth { get; set; } = 64;

    /// <summary>Attachments that are listed and stored. Default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxAttachments { get; set; } = 1000;

    /// <summary>Octets of UTF-8 of the text and of the HTML body, each. Default 1 MiB.</summary>
    [Range(1024, 4 * 1024 * 1024)]
    public int MaxTextOctets { get; set; } = 1024 * 1024;

    /// <summary>Characters of base64 that all attachments together may take to be inline. Default 256 KiB.</summary>
    [Range(0, 1024 * 1024)]
    public int MaxInlineCharacters { get; set; } = 256 * 1024;
}
