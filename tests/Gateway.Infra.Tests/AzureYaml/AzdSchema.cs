using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Gateway.Infra.Tests.AzureYaml;

/// <summary>azd's own schema of azure.yaml (published test data), with nothing asked of the network.</summary>
internal static class AzdSchema
{
    /// <summary>Skips the test where the schema is not.</summary>
    public static JsonSchema Load()
    {
        var file = Path.Combine(TestData.Folder(""), "azure.yaml.schema.json");
        Assert.SkipUnless(File.Exists(file), "Published test data is not here; GATEWAY_TEST_DATA names the folder that holds azure.yaml.schema.json");
        var text = File.ReadAllText(file);
        var options = new BuildOptions { SchemaRegistry = new() };
        foreach (var reference in References(JsonNode.Parse(text)!).Where(reference => !reference.StartsWith('#')).Distinct(StringComparer.Ordinal))
        {
            // Schemas of azd's extensions, of hosts that we do not use: nothing passes them, so that none is passed unseen.
            _ = JsonSchema.FromText($$"""{ "$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "{{reference}}", "not": {} }""", options);
        }

        return JsonSchema.FromText(text, options);
    }

    /// <summary>Where a document breaks the schema; empty when it does not.</summary>
    public static string[] Errors(this JsonSchema schema, JsonNode document)
    {
        var results = schema.Evaluate(JsonSerializer.SerializeToElement(document), new() { OutputFormat = OutputFormat.List });
        return results.IsValid ? [] : [.. results.Details!.Where(detail => !detail.IsValid).Select(detail => $"{detail.InstanceLocation}: {detail.EvaluationPath}").DefaultIfEmpty("invalid")];
    }

    private static IEnumerable<string> References(JsonNode node) => node switch
    {
        JsonObject map => map.SelectMany(property => property is { Key: "$ref", Value: JsonValue value } ? [value.GetValue<string>()] : property.Value is null ? [] : References(property.Value)),
        JsonArray list => list.SelectMany(element => element is null ? [] : References(element)),
        _ => [],
    };
}
