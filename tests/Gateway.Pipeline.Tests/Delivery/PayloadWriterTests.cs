using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core.Events;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Tests.StandIns;
using Json.Schema;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class PayloadWriterTests
{
    private static readonly PayloadLinks Links = new(
        new("https://links.example/raw?a=1&b=2"),
        new Dictionary<string, Uri> { ["attachment-2"] = new("https://links.example/2?a=1&b=2") }.ToFrozenDictionary());

    public static TheoryData<string> Names => ["full", "bare"];

    [Theory, MemberData(nameof(Names))]
    public void Body_is_the_golden_one_octet_for_octet(string name)
    {
        var golden = Golden(name);

        // The file is indented for people; the body is not.
        Assert.Equal(JsonNode.Parse(golden)!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), Write(name));
    }

    [Theory, MemberData(nameof(Names))]
    public void Body_is_valid_by_the_published_schema(string name)
    {
        var result = JsonSchema.FromText(Schema()).Evaluate(JsonDocument.Parse(Write(name)).RootElement, new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        Assert.True(result.IsValid, JsonSerializer.Serialize(result));
    }

    [Theory, MemberData(nameof(Names))]
    public void Schema_declares_and_requires_every_property_in_the_order_written(string name)
    {
        using var schema = JsonDocument.Parse(Schema());
        Compare(schema.RootElement, schema.RootElement, JsonDocument.Parse(Write(name)).RootElement, "$");
    }

    [Fact]
    public void A_client_that_named_no_host_and_showed_no_certificate_is_told_by_nulls()
    {
        var item = Samples.Delivery();
        item = item with { Message = item.Message with { Tls = new("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") } };
        using var json = JsonDocument.Parse(PayloadWriter.Write(item, Samples.Content, Links));
        Assert.True(JsonSchema.FromText(Schema()).Evaluate(json.RootElement).IsValid);
        Assert.Equal(
            """{"version":"TLSv1.2","cipher":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256","serverName":null,"clientCertificate":null}""",
            json.RootElement.GetProperty("data").GetProperty("envelope").GetProperty("tls").GetRawText());
    }

    [Fact]
    public void Body_without_a_property_is_refused_by_the_schema()
    {
        var node = JsonNode.Parse(Write("full"))!;
        node["data"]!["envelope"]!.AsObject().Remove("to");
        Assert.False(JsonSchema.FromText(Schema()).Evaluate(JsonDocument.Parse(node.ToJsonString()).RootElement).IsValid);
    }

    [Fact]
    public void Text_of_any_kind_comes_out_as_valid_json()
    {
        var odd = "quote \" back \\ control \u0001\u007f line \u2028 half \ud800 emoji \U0001F600 bidi \u202e end";
        var octets = PayloadWriter.Write(Samples.Delivery(), Samples.Content with { Text = odd, Headers = [new("X", odd)] }, Links);

        using var json = JsonDocument.Parse(octets);
        Assert.Equal(odd.Replace('\ud800', '\ufffd'), json.RootElement.GetProperty("data").GetProperty("text").GetString());
    }

    private static string Write(string name)
    {
        var (item, content) = name == "full" ? (Samples.Delivery(), Samples.Content) : (Bare, new MessageContent { Truncated = true });
        return Encoding.UTF8.GetString(PayloadWriter.Write(item, content, Links).Span);
    }

    /// <summary>Nothing known and nothing evaluated: the shape is the same.</summary>
    private static DeliveryEvent Bare => Samples.Delivery() with
    {
        Message = Samples.Received("support@in.example.com") with
        {
            Envelope = new() { From = "", Recipients = ["support@in.example.com"], Helo = "[203.0.113.7]", SmtpUtf8 = true },
            Client = new(null, ClientSource.Unknown),
            Tls = null,
            Defects = [],
        },
        Verdict = new()
        {
            Authentication = AuthenticationVerdict.NotEvaluated("no client address"),
            Sender = new(null, false, null),
            Spam = SpamVerdict.NotEvaluated,
            Automated = true,
        },
    };

    private static string Golden(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Delivery", "Golden", $"{name}.json"));

    private static string Schema()
    {
        using var reader = new StreamReader(typeof(PayloadWriter).Assembly.GetManifestResourceStream("webhook.schema.json")!);
        return reader.ReadToEnd();
    }

    private static void Compare(JsonElement root, JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = root.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]);
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            var written = value.EnumerateObject().Select(property => property.Name).ToArray();
            var properties = schema.GetProperty("properties");
            Assert.Equal((path, string.Join(',', written)), (path, string.Join(',', properties.EnumerateObject().Select(property => property.Name))));
            Assert.Equal(written, schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
            foreach (var property in value.EnumerateObject())
            {
                Compare(root, properties.GetProperty(property.Name), property.Value, $"{path}.{property.Name}");
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in value.EnumerateArray())
            {
                Compare(root, schema.GetProperty("items"), element, $"{path}[]");
            }
        }
    }
}
