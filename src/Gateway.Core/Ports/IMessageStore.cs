namespace Gateway.Core.Ports;

/// <summary>Raw messages, and the parts that were made of them. A message's raw and parts are named by its <see cref="MessageId"/>.</summary>
public interface IMessageStore
{
    /// <summary>The raw message, byte for byte, as a seekable stream; null when it is gone (retention, a delete).</summary>
    ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel);

    /// <summary>
    /// Lets the raw message and its parts outlive ordinary retention, for records that refer to it (invariant 12). Doing it twice is once.
    /// False when the raw message is gone.
    /// </summary>
    ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel);

    /// <summary>Deletes the raw message, kept or not, and its parts; nothing happens when there is none.</summary>
    ValueTask DeleteAsync(MessageId id, CancellationToken cancel);

    /// <summary>Writes a part whole, or not at all; one of the same name is replaced.</summary>
    /// <param name="id">The message it belongs to.</param>
    /// <param name="part">1 to 64 of a-z, 0-9, '-' and '.'.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="cancel">Gives up; nothing is left behind.</param>
    ValueTask WritePartAsync(MessageId id, string part, Stream content, CancellationToken cancel);

    /// <summary>A part as a seekable stream; null when there is none.</summary>
    ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel);

    /// <summary>
    /// An address from which anyone who holds it can read, until it expires. It goes into webhook bodies only: never into a record, a
    /// log or a trace.
    /// </summary>
    ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel);
}

/// <summary>What a link leads to and how it is presented.</summary>
/// <param name="Part">The part; null for the raw message.</param>
/// <param name="ContentType">Media type to answer with.</param>
/// <param name="FileName">Name to save under; null when there is none. Any text: the adapter encodes it.</param>
public sealed record StoredLink(string? Part, string ContentType, string? FileName);
