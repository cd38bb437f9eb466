using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>One message read as far as its structure: header fields, the tree of entities and what they are for.</summary>
internal sealed record Inspection(MessageStream Message, IReadOnlyList<Header> Fields, Entity? Root, Bodies Bodies)
{
    /// <summary>Reads a raw message; whatever it holds, there is a result.</summary>
    public static Inspection Read(Stream raw, InspectOptions limits, Findings findings, CancellationToken cancel)
    {
        if (raw.Length == 0)
        {
            findings.Add(Defect.EmptyMessage);
        }

        var block = HeaderBlock.Read(raw, limits, findings, cancel);
        var message = new MessageStream(raw, block, cancel);
        var root = message.Length > message.BodyOffset ? EntityReader.Read(message, limits, findings, cancel) : null;
        return new(message, block.Fields(MimeText.ParserOptions(limits)), root, Bodies.Of(root));
    }
}
