using System.Collections.Immutable;
using Gateway.Core;
using Gateway.Core.Ports;

namespace Gateway.Pipeline.Inspect;

/// <summary>Takes the attachments out of a message: all of them inline while they are small, otherwise each into a part of the store.</summary>
internal sealed class AttachmentStore(IMessageStore store, InspectOptions limits)
{
    /// <summary>Reads each attachment once, or twice where they turn out too big together to be inline.</summary>
    public async Task<ImmutableArray<AttachmentContent>> TakeAsync(
        MessageId id, MessageStream message, IReadOnlyList<Entity> attachments, Findings findings, CancellationToken cancel)
    {
        if (attachments.Count > limits.MaxAttachments)
        {
            findings.Cut(Defect.TooManyAttachments);
        }

        var listed = attachments.Take(limits.MaxAttachments).ToList();
        if (TakeInline(message, listed, findings, cancel) is { } inline)
        {
            return inline;
        }

        var stored = ImmutableArray.CreateBuilder<AttachmentContent>(listed.Count);
        foreach (var (number, entity) in listed.Index())
        {
            stored.Add(await StoreAsync(id, $"att-{number}", message, entity, findings, cancel));
        }

        return stored.MoveToImmutable();
    }

    // Null when they don't fit.
    private ImmutableArray<AttachmentContent>? TakeInline(MessageStream message, List<Entity> attachments, Findings findings, CancellationToken cancel)
    {
        // Encoded, nothing is smaller than 3/4 of itself by base64, or 1/3 by quoted-printable: far bigger ones need no trying.
        if (attachments.Sum(entity => entity.End - entity.Start) > 4L * limits.MaxInlineCharacters)
        {
            return null;
        }

        var inline = ImmutableArray.CreateBuilder<AttachmentContent>(attachments.Count);
        var room = limits.MaxInlineCharacters;
        var broken = false;
        foreach (var entity in attachments)
        {
            using var measured = new MeasuredStream(message, entity, findings, cancel);
            if (ReadUpTo(measured, room / 4 * 3) is not { } octets)
            {
                return null;
            }

            room -= (octets.Length + 2) / 3 * 4;
            broken |= measured.IsBroken;
            inline.Add(Describe(entity, octets.Length, measured.Sha256()) with { Content = octets });
        }

        if (broken)
        {
            findings.Add(Defect.BadEncoding);
        }

        return inline.MoveToImmutable();
    }

    private static byte[]? ReadUpTo(MeasuredStream decoded, int maxOctets)
    {
        using var octets = new MemoryStream();
        var buffer = new byte[8 * 1024];
        int read;
        while ((read = decoded.Read(buffer, 0, buffer.Length)) > 0)
        {
            if (octets.Length + read > maxOctets)
            {
                return null;
            }

            octets.Write(buffer, 0, read);
        }

        return octets.ToArray();
    }

    private async Task<AttachmentContent> StoreAsync(
        MessageId id, string part, MessageStream message, Entity entity, Findings findings, CancellationToken cancel)
    {
        await using var measured = new MeasuredStream(message, entity, findings, cancel);
        await store.WritePartAsync(id, part, measured, cancel);
        if (measured.IsBroken)
        {
            findings.Add(Defect.BadEncoding);
        }

        return Describe(entity, measured.Octets, measured.Sha256()) with { Part = part };
    }

    private static AttachmentContent Describe(Entity entity, long octets, byte[] sha256) => new()
    {
        Name = entity.Name ?? DefaultName(entity.MediaType),
        ContentType = entity.MediaType,
        Size = octets,
        Sha256 = Convert.ToHexStringLower(sha256),
        ContentId = entity.ContentId,
    };

    // A forwarded message seldom has a name, and without one nobody can open it.
    private static string? DefaultName(string mediaType) => mediaType is "message/rfc822" or "message/global" ? "message.eml" : null;
}
