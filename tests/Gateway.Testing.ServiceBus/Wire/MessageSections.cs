namespace Gateway.Testing.ServiceBus.Wire;

/// <summary>One key of a map and its value, still encoded.</summary>
internal readonly record struct MapEntry(string Key, ReadOnlyMemory<byte> Value);

/// <summary>The mutable facts of a header section; the others belong to the broker.</summary>
/// <param name="Durable">The encoded boolean; empty: not given.</param>
/// <param name="Priority">The encoded octet; empty: not given.</param>
/// <param name="TimeToLiveMilliseconds">Null: not given.</param>
internal sealed record HeaderSection(ReadOnlyMemory<byte> Durable, ReadOnlyMemory<byte> Priority, uint? TimeToLiveMilliseconds)
{
    public static readonly HeaderSection None = new(default, default, null);
}

/// <summary>A message split at its sections (AMQP 1.0 part 3 section 3.2). What the broker does not act on stays the octets that the sender chose.</summary>
internal sealed record MessageSections
{
    private const int TimeToLiveField = 2;

    public HeaderSection Header { get; private init; } = HeaderSection.None;

    public IReadOnlyList<MapEntry> Annotations { get; private init; } = [];

    /// <summary>The whole properties section with its descriptor; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Properties { get; private init; }

    /// <summary>Null: none was given.</summary>
    public string? MessageId { get; private init; }

    public IReadOnlyList<MapEntry> ApplicationProperties { get; private init; } = [];

    /// <summary>Body and footer with their descriptors; empty when there is neither.</summary>
    public ReadOnlyMemory<byte> Body { get; private init; }

    /// <summary>Splits a whole message.</summary>
    /// <exception cref="WireFormatException">It is not one, or its sections do not stand in their order.</exception>
    public static MessageSections Split(ReadOnlyMemory<byte> octets)
    {
        var message = new MessageSections();
        var reader = new WireReader(octets.Span);
        var last = 0UL;
        while (!reader.AtEnd)
        {
            var start = reader.Position;
            var code = reader.ReadDescriptor();
            var value = octets[reader.Skip()..reader.Position];
            Follow(last, code);
            last = code;
            message = code switch
            {
                SectionCodes.Header => message with { Header = ReadHeader(value) },
                SectionCodes.DeliveryAnnotations => message,
                SectionCodes.MessageAnnotations => message with { Annotations = ReadMap(value) },
                SectionCodes.Properties => message with { Properties = octets[start..reader.Position], MessageId = ReadMessageId(value) },
                SectionCodes.ApplicationProperties => message with { ApplicationProperties = ReadMap(value) },
                _ when message.Body.IsEmpty => message with { Body = octets[start..] },
                _ => message,
            };
        }

        return message;
    }

    /// <summary>The messages inside a batch (message format 0x80013700): each data section of the body holds one, encoded.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Unbatch()
    {
        var messages = new List<ReadOnlyMemory<byte>>();
        var reader = new WireReader(Body.Span);
        while (!reader.AtEnd)
        {
            var code = reader.ReadDescriptor();
            var value = Body[reader.Skip()..reader.Position];
            if (code != SectionCodes.Data || WireValue.AsBinary(value) is not { } message)
            {
                throw new WireFormatException("A batch holds something else than messages");
            }

            messages.Add(message);
        }

        return messages;
    }

    private static void Follow(ulong last, ulong code)
    {
        var repeats = code == last && (code is SectionCodes.Data or SectionCodes.Sequence);
        if (code is < SectionCodes.Header or > SectionCodes.Footer || (code <= last && !repeats))
        {
            throw new WireFormatException("A section stands where it may not");
        }
    }

    private static HeaderSection ReadHeader(ReadOnlyMemory<byte> value)
    {
        var fields = ReadList(value, TimeToLiveField + 1);
        return new(Given(fields[0]), Given(fields[1]), fields[TimeToLiveField].IsEmpty ? null : WireValue.AsUInt(fields[TimeToLiveField].Span));
    }

    private static string? ReadMessageId(ReadOnlyMemory<byte> value) =>
        ReadList(value, 1)[0] is { IsEmpty: false } id ? WireValue.AsMessageId(id) : null;

    private static ReadOnlyMemory<byte> Given(ReadOnlyMemory<byte> field) =>
        field.IsEmpty || field.Span[0] == FormatCodes.Null ? default : field;

    /// <summary>The first <paramref name="wanted"/> fields of a list, empty where it is shorter.</summary>
    private static ReadOnlyMemory<byte>[] ReadList(ReadOnlyMemory<byte> value, int wanted)
    {
        var fields = new ReadOnlyMemory<byte>[wanted];
        var outer = new WireReader(value.Span);
        var reader = outer.Enter(map: false, out var count);
        var offset = value.Length - reader.Length;
        for (var index = 0; index < count; index++)
        {
            var start = reader.Skip();
            if (index < wanted)
            {
                fields[index] = value[(offset + start)..(offset + reader.Position)];
            }
        }

        return fields;
    }

    private static MapEntry[] ReadMap(ReadOnlyMemory<byte> value)
    {
        var outer = new WireReader(value.Span);
        var reader = outer.Enter(map: true, out var count);
        var offset = value.Length - reader.Length;
        if (count % 2 != 0)
        {
            throw new WireFormatException("A map has a key without a value");
        }

        var entries = new MapEntry[count / 2];
        for (var index = 0; index < entries.Length; index++)
        {
            var key = WireValue.AsText(reader.ReadRaw()) ?? throw new WireFormatException("A key is neither a string nor a symbol");
            var start = reader.Skip();
            entries[index] = new(key, value[(offset + start)..(offset + reader.Position)]);
        }

        return entries;
    }
}
