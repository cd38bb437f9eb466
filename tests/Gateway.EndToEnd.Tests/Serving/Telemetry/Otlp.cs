using Google.Protobuf;

namespace Gateway.EndToEnd.Tests.Serving.Telemetry;

internal sealed record OtlpSpan(string Service, string Scope, string Name, string TraceId, string SpanId, string ParentId);

/// <param name="Service">Who sent it.</param>
/// <param name="Category">The logger's.</param>
/// <param name="Severity">9 is Information, 13 Warning, 17 Error.</param>
/// <param name="Text">The template, without its values.</param>
/// <param name="TraceId">Empty: in no trace.</param>
/// <param name="Octets">The whole record, with all values.</param>
internal sealed record OtlpLog(string Service, string Category, int Severity, string Text, string TraceId, byte[] Octets);

/// <param name="Service">Who sent it.</param>
/// <param name="Metric">The instrument.</param>
/// <param name="Tags">As <c>name=value</c>.</param>
/// <param name="Value">Of a gauge or a sum; null for a histogram.</param>
internal sealed record OtlpPoint(string Service, string Metric, IReadOnlyList<string> Tags, double? Value);

/// <summary>
/// Reads the little of OTLP that tests look at (opentelemetry-proto, <c>trace.proto</c>, <c>logs.proto</c>, <c>metrics.proto</c>): field numbers
/// are the protocol's.
/// </summary>
internal static class Otlp
{
    public static IEnumerable<OtlpSpan> Spans(byte[] request) =>
        from item in Items(request)
        select new OtlpSpan(
            item.Service, item.Scope, Text(item.Fields, 5), Hex(item.Fields, 1), Hex(item.Fields, 2), Hex(item.Fields, 4));

    public static IEnumerable<OtlpLog> Logs(byte[] request) =>
        from item in Items(request)
        select new OtlpLog(
            item.Service, item.Scope, (int)item.Fields[2].Single().Number, Text(Read(item.Fields[5].Single().Octets), 1), Hex(item.Fields, 9), item.Octets);

    public static IEnumerable<OtlpPoint> Points(byte[] request) =>
        from item in Items(request)
        let name = Text(item.Fields, 1)
        from kind in (int[])[5, 7, 9] // gauge, sum, histogram
        from data in item.Fields[kind]
        from point in Read(data.Octets)[1]
        let fields = Read(point.Octets)
        let tags = fields[kind == 9 ? 9 : 7].Select(tag => Read(tag.Octets)).Select(tag => $"{Text(tag, 1)}={Text(Read(tag[2].Single().Octets), 1)}")
        select new OtlpPoint(item.Service, name, [.. tags], kind == 9 ? null : Value(fields));

    /// <summary>A data point's number: a double in field 4, or an integer in field 6.</summary>
    private static double? Value(ILookup<int, Field> fields) =>
        fields[4].Select(field => (double?)BitConverter.UInt64BitsToDouble(field.Number)).Concat(fields[6].Select(field => (double?)(long)field.Number)).FirstOrDefault();

    /// <summary>All requests are nested alike: by resource (1), then by scope (2) its items (2).</summary>
    private static IEnumerable<Item> Items(byte[] request) =>
        from resource in Read(request)[1]
        let resourceFields = Read(resource.Octets)
        let service = resourceFields[1].SelectMany(one => Read(one.Octets)[1]).Select(one => Read(one.Octets))
            .Where(attribute => Text(attribute, 1) == "service.name").Select(attribute => Text(Read(attribute[2].Single().Octets), 1)).FirstOrDefault("")
        from scope in resourceFields[2]
        let scopeFields = Read(scope.Octets)
        let name = scopeFields[1].Select(one => Text(Read(one.Octets), 1)).FirstOrDefault("")
        from item in scopeFields[2]
        select new Item(service, name, item.Octets, Read(item.Octets));

    private static string Text(ILookup<int, Field> fields, int number) =>
        fields[number].Select(field => System.Text.Encoding.UTF8.GetString(field.Octets)).FirstOrDefault("");

    private static string Hex(ILookup<int, Field> fields, int number) => fields[number].Select(field => Convert.ToHexStringLower(field.Octets)).FirstOrDefault("");

    private static ILookup<int, Field> Read(byte[] message)
    {
        var fields = new List<Field>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => new(number, [], input.ReadUInt64()),
                WireFormat.WireType.Fixed64 => new(number, [], input.ReadFixed64()),
                WireFormat.WireType.Fixed32 => new(number, [], input.ReadFixed32()),
                _ => new Field(number, input.ReadBytes().ToByteArray(), 0),
            });
        }

        return fields.ToLookup(field => field.Tag);
    }

    private sealed record Item(string Service, string Scope, byte[] Octets, ILookup<int, Field> Fields);

    private sealed record Field(int Tag, byte[] Octets, ulong Number);
}
