using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Core.Events;

namespace Gateway.Pipeline.Inspect;

/// <summary>
/// All that a webhook tells of a message's content. Inspect parses the message once and stores this as the part
/// <see cref="PartName"/>; each attempt of each delivery reads it, so no message is parsed twice and memory stays bounded.
/// </summary>
/// <remarks>
/// Fields are added, never renamed or removed; readers ignore fields that they do not know. A field that is absent is set to nothing, past
/// its initializer (see <see cref="ReceivedEvent"/>), so the accessors make up for it.
/// </remarks>
public sealed record MessageContent
{
    /// <summary>Name of the part in the message store.</summary>
    public const string PartName = "content.json";

    public int Version { get; init => field = Math.Max(value, 1); } = 1;

    /// <summary>In the message's order, doubles included; decoded and unfolded.</summary>
    public ImmutableArray<HeaderField> Headers { get => field.IsDefault ? [] : field; init; } = [];

    public ImmutableArray<MailAddress> From { get => field.IsDefault ? [] : field; init; } = [];

    public ImmutableArray<MailAddress> To { get => field.IsDefault ? [] : field; init; } = [];

    public ImmutableArray<MailAddress> Cc { get => field.IsDefault ? [] : field; init; } = [];

    public ImmutableArray<MailAddress> ReplyTo { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Null when there is no Subject field.</summary>
    public string? Subject { get; init; }

    /// <summary>From the Date field; null when it is missing or not a date.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>The Message-ID field with its angle brackets; null when there is none.</summary>
    public string? MessageId { get; init; }

    /// <summary>The In-Reply-To field's first id, with its angle brackets; null when there is none.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>The References field's ids, with their angle brackets, in order.</summary>
    public ImmutableArray<string> References { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>The plain text body in Unicode; null when the message has none. Cut at 1 MiB of UTF-8.</summary>
    public string? Text { get; init; }

    /// <summary>The HTML body in Unicode; null when the message has none. Cut at 1 MiB of UTF-8.</summary>
    public string? Html { get; init; }

    /// <summary>Something was cut or left out; the raw message has the rest.</summary>
    public bool Truncated { get; init; }

    public ImmutableArray<AttachmentContent> Attachments { get => field.IsDefault ? [] : field; init; } = [];
}

/// <summary>One address of a header field.</summary>
/// <param name="Name">Decoded display name; null when there is none.</param>
/// <param name="Address">As it stands in the field.</param>
public sealed record MailAddress(string? Name, string Address);

/// <summary>One attachment or inline part.</summary>
public sealed record AttachmentContent
{
    /// <summary>The file name the sender gave, decoded, without any directory; null when there is none.</summary>
    public string? Name { get; init; }

    /// <summary>Lower-case media type without parameters.</summary>
    public required string ContentType { get; init; }

    /// <summary>Decoded length in octets.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of the decoded octets, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Content-ID without its angle brackets; null when there is none.</summary>
    public string? ContentId { get; init; }

    /// <summary>The octets, while all attachments of the message together stay under the inline limit; else null.</summary>
    public byte[]? Content { get; init; }

    /// <summary>The part of the message store that holds the octets when they are not inline; else null.</summary>
    public string? Part { get; init; }
}

/// <summary>The JSON form of <see cref="MessageContent"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MessageContent))]
public sealed partial class ContentJson : JsonSerializerContext
{
    /// <summary>The context to use: text other than ASCII is written as it is.</summary>
    public static ContentJson Relaxed => RelaxedContext.Instance;

    // A class of its own, because the generated Default must exist first.
    private static class RelaxedContext
    {
        public static readonly ContentJson Instance =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
