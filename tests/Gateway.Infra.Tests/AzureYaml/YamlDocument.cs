using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Infra.Tests.AzureYaml;

/// <summary>YAML as the JSON that a schema sees.</summary>
internal static class YamlDocument
{
    public static JsonNode Read(string file)
    {
        using var text = File.OpenText(file);
        var stream = new YamlStream();
        stream.Load(text);
        return Convert(stream.Documents.Single().RootNode)!;
    }

    // Plain scalars have the types of YAML 1.2's JSON schema; quoted ones are text.
    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, Convert(child.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Convert)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } text => text.Value,
        YamlScalarNode { Value: "true" or "false" } boolean => boolean.Value == "true",
        YamlScalarNode { Value: "null" or "" or "~" } => null,
        YamlScalarNode scalar when double.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        YamlScalarNode scalar => scalar.Value,
        _ => throw new InvalidDataException($"line {node.Start.Line}: neither map, list nor scalar"),
    };
}
