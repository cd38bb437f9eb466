using System.Text.Json;

namespace Gateway.Testing.Functions.Triggers;

internal enum MessageForm { Text, Octets, Model }

/// <summary>A <c>serviceBusTrigger</c> binding.</summary>
/// <param name="Parameter">The function's parameter that takes the message.</param>
/// <param name="Queue">May hold %NAME%, and may end with the dead-letter subqueue's name.</param>
/// <param name="Connection">The name of a setting; empty: the default one.</param>
/// <param name="AutoCompleteMessages">Null: as <c>host.json</c> says.</param>
/// <param name="Form">How the parameter wants the message.</param>
internal sealed record QueueTrigger(string Parameter, string Queue, string Connection, bool? AutoCompleteMessages, MessageForm Form)
{
    public const string Type = "serviceBusTrigger";

    // What a binding may say, and what of it needs no imitation.
    private static readonly HashSet<string> Known =
        ["name", "type", "direction", "properties", "queueName", "connection", "autoCompleteMessages", "cardinality", "dataType", "isSessionsEnabled", "isBatched"];

    /// <exception cref="InvalidOperationException">It asks for something that is not imitated.</exception>
    public static QueueTrigger Parse(string function, string rawBinding)
    {
        using var json = JsonDocument.Parse(rawBinding);
        var binding = json.RootElement;
        var unknown = binding.EnumerateObject().Select(property => property.Name).Where(name => !Known.Contains(name)).ToList();
        if (unknown.Count > 0 || Text(binding, "cardinality") == "Many" || Flag(binding, "isSessionsEnabled") == true || Flag(binding, "isBatched") == true)
        {
            throw new InvalidOperationException($"{function}: only single messages from queues without sessions are imitated: {rawBinding}");
        }

        var deferred = binding.TryGetProperty("properties", out var properties)
            && bool.TryParse(Text(properties, "supportsDeferredBinding"), out var supports) && supports;
        return new(
            Text(binding, "name")!,
            Text(binding, "queueName") ?? throw new InvalidOperationException($"{function}: its trigger names no queue"),
            Text(binding, "connection") ?? "",
            Flag(binding, "autoCompleteMessages"),
            deferred ? MessageForm.Model : Text(binding, "dataType") == "Binary" ? MessageForm.Octets : MessageForm.Text);
    }

    private static string? Text(JsonElement binding, string name) =>
        binding.TryGetProperty(name, out var value) ? value.ToString() : null;

    private static bool? Flag(JsonElement binding, string name) =>
        binding.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.True : null;
}
