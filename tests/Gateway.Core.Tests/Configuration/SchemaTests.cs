using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration;
using Json.Schema;

namespace Gateway.Core.Tests.Configuration;

/// <summary>gateway.schema.json says the same as the parser, as far as a schema can.</summary>
public sealed partial class SchemaTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "gateway.schema.json"));

    private static readonly JsonSchema Schema = JsonSchema.FromText(Text);

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    // For each kind of object: where the schema has it, and a document with one more property in it.
    private static readonly Dictionary<string, string> Places = new(StringComparer.Ordinal)
    {
        [""] = """{"version":1,"domains":[{"name":"a.example"}],"routes":[],§}""",
        ["domain"] = """{"domains":[{§}]}""",
        ["policies"] = """{"policies":{§}}""",
        ["access"] = """{"policies":{"access":{§}}}""",
        ["accessList"] = """{"policies":{"access":{"allow":{§},"deny":{§}}}}""",
        ["endpoint"] = """{"endpoints":[{§}]}""",
        ["route"] = """{"routes":[{§}]}""",
        ["match"] = """{"routes":[{"match":{§}}]}""",
        ["header"] = """{"routes":[{"match":{"header":{§}}}]}""",
        ["action"] = """{"routes":[{"actions":[{§}]}]}""",
        ["user"] = """{"users":[{§}]}""",
        ["nothing"] = """{"routes":[{"actions":[{"store":{§}},{"drop":{§}}]}]}""",
    };

    public static TheoryData<string> Cases() => ConfigurationCase.Names();

    [Theory, MemberData(nameof(Cases))]
    public void Schema_accepts_what_the_parser_accepts(string name)
    {
        var expected = ConfigurationCase.Read(name);
        var accepted = Accepts(expected.Document);
        Assert.Equal(expected.Errors.Length == 0 || expected.BeyondSchema, accepted);
    }

    [Fact]
    public void Schema_is_valid_against_its_own_metaschema() =>
        Assert.True(MetaSchemas.Draft202012.Evaluate(JsonDocument.Parse(Text).RootElement).IsValid);

    public static TheoryData<string> Kinds() => [.. Places.Keys];

    [Theory, MemberData(nameof(Kinds))]
    public void Schema_and_parser_know_the_same_names(string kind)
    {
        using var schema = JsonDocument.Parse(Text);
        var definition = kind.Length == 0 ? schema.RootElement : schema.RootElement.GetProperty("$defs").GetProperty(kind);
        Assert.False(definition.GetProperty("additionalProperties").GetBoolean());
        var inSchema = definition.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().Select(property => property.Name).ToHashSet() : [];
        var inParser = Candidates(schema.RootElement).Where(name => IsKnown(Places[kind], name)).ToHashSet();
        Assert.Equal(inSchema.Order(StringComparer.Ordinal), inParser.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_object_of_the_schema_is_compared()
    {
        using var schema = JsonDocument.Parse(Text);
        var objects = schema.RootElement.GetProperty("$defs").EnumerateObject()
            .Where(definition => definition.Value.GetProperty("type").GetString() == "object")
            .Select(definition => definition.Name);
        Assert.Equal(Places.Keys.Where(kind => kind.Length > 0).Order(StringComparer.Ordinal), objects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_property_of_the_schema_is_described()
    {
        using var schema = JsonDocument.Parse(Text);
        foreach (var kind in Places.Keys.Where(kind => kind.Length > 0 && kind != "nothing"))
        {
            var properties = schema.RootElement.GetProperty("$defs").GetProperty(kind).GetProperty("properties");
            Assert.All(properties.EnumerateObject(), property => Assert.True(Description(schema.RootElement, property.Value), $"{kind}.{property.Name}"));
        }
    }

    [Theory]
    [InlineData("$defs.domain.properties.subaddressing", "domains[0].Subaddressing")]
    [InlineData("$defs.domain.properties.requireTls", "domains[0].RequireTls")]
    [InlineData("$defs.domain.properties.recipients", "domains[0].Recipients")]
    [InlineData("$defs.endpoint.properties.timeoutSeconds", "endpoints[0].Timeout")]
    [InlineData("$defs.endpoint.properties.allowPrivate", "endpoints[0].AllowPrivate")]
    [InlineData("$defs.route.properties.stop", "routes[0].Stop")]
    [InlineData("$defs.header.properties.value", "routes[0].Header")]
    public void Schema_tells_the_parsers_defaults(string path, string value)
    {
        var configuration = ConfigurationDocument.Parse(
            """{"version":1,"domains":[{"name":"a.example"}],"endpoints":[{"id":"e","url":"https://a.example","secrets":["env:A"]}],"routes":[{"id":"r","priority":1,"match":{"header":{"name":"X"}},"actions":[{"store":{}}]}]}"""u8.ToArray())
            .Configuration!;
        var parsed = value switch
        {
            "domains[0].Subaddressing" => JsonSerializer.Serialize(configuration.Domains[0].Subaddressing),
            "domains[0].RequireTls" => JsonSerializer.Serialize(configuration.Domains[0].RequireTls),
            "domains[0].Recipients" => JsonSerializer.Serialize(configuration.Domains[0].Recipients.Patterns.Select(pattern => pattern.Pattern)),
            "endpoints[0].Timeout" => JsonSerializer.Serialize(configuration.Endpoints[0].Timeout.TotalSeconds),
            "endpoints[0].AllowPrivate" => JsonSerializer.Serialize(configuration.Endpoints[0].AllowPrivate),
            "routes[0].Stop" => JsonSerializer.Serialize(configuration.Routes[0].Stop),
            _ => JsonSerializer.Serialize(configuration.Routes[0].Match.Header!.Value.Pattern),
        };
        using var schema = JsonDocument.Parse(Text);
        var property = path.Split('.').Aggregate(schema.RootElement, (element, name) => element.GetProperty(name));
        Assert.Equal(parsed, JsonSerializer.Serialize(property.GetProperty("default")));
    }

    [Theory]
    [InlineData("networks", "192.0.2.7")]
    [InlineData("helo", "mail.example.org")]
    [InlineData("senders", "a@example.org")]
    public void Schema_and_parser_take_lists_of_the_same_length(string list, string entry)
    {
        Assert.Empty(ConfigurationDocument.Parse(Of(10_000)).Errors);
        Assert.True(Accepts(Of(10_000)));
        Assert.Equal($"policies.access.deny.{list}: must have 1 to 10000 entries, or be left out", ConfigurationDocument.Parse(Of(10_001)).Errors.Single().ToString());
        Assert.False(Accepts(Of(10_001)));

        byte[] Of(int entries) => Encoding.UTF8.GetBytes($$"""
            {
              "version": 1,
              "policies": { "access": { "deny": { "{{list}}": [{{string.Join(',', Enumerable.Repeat($"\"{entry}\"", entries))}}] } } },
              "domains": [{ "name": "a.example" }],
              "routes": [{ "id": "r", "priority": 1, "match": {}, "actions": [{ "store": {} }] }]
            }
            """);
    }

    // What is no JSON cannot be judged by a schema: an editor tells it before.
    private static bool Accepts(byte[] document)
    {
        try
        {
            using var json = JsonDocument.Parse(document, Lenient);
            return Schema.Evaluate(json.RootElement).IsValid;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Every text of the readers' sources may be a name, and every name of the schema.
    private static IEnumerable<string> Candidates(JsonElement schema)
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Gateway.Core", "Configuration"), "*.cs");
        var literals = sources.SelectMany(file => Literal().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        var names = schema.GetProperty("$defs").EnumerateObject().Select(definition => definition.Value).Append(schema)
            .SelectMany(kind => kind.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().Select(property => property.Name) : []);
        return literals.Concat(names).Distinct(StringComparer.Ordinal);
    }

    // Null is of the wrong kind for every property: known ones give another error, or none.
    private static bool IsKnown(string place, string name)
    {
        var document = place.Replace("§", $"\"{name}\":null", StringComparison.Ordinal);
        return !ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(document)).Errors
            .Any(error => (error.Path == name || error.Path.EndsWith($".{name}", StringComparison.Ordinal)) && error.Reason is "is not a known name here" or "is not built yet");
    }

    private static bool Description(JsonElement schema, JsonElement property) =>
        property.TryGetProperty("description", out _)
        || (property.TryGetProperty("$ref", out var reference)
            && schema.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]).TryGetProperty("description", out _));

    [GeneratedRegex("\"(\\$?[A-Za-z]+)\"")]
    private static partial Regex Literal();
}
