using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Testing.Functions.Rpc;
using Gateway.Testing.Functions.Triggers;

namespace Gateway.Testing.Functions;

/// <summary>A function with its trigger and its counts.</summary>
internal sealed class LoadedFunction
{
    private readonly Lock _lock = new();
    private FunctionCounts _counts = new(0, 0, 0);

    private LoadedFunction(FunctionInfo info, QueueTrigger? queue, string? timer) => (Info, Queue, Timer) = (info, queue, timer);

    public FunctionInfo Info { get; }

    /// <summary>Null: its trigger is a timer.</summary>
    public QueueTrigger? Queue { get; }

    /// <summary>The parameter that takes the timer's state; null: its trigger is a queue.</summary>
    public string? Timer { get; }

    public FunctionCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return _counts;
            }
        }
    }

    /// <exception cref="InvalidOperationException">A binding is of a kind that is not imitated.</exception>
    public static LoadedFunction Create(FunctionMetadata metadata, AppSettings settings)
    {
        var name = metadata.Name;
        if (metadata.RawBindings.Count != 1 || JsonNode.Parse(metadata.RawBindings[0]) is not JsonObject binding
            || (string?)binding["type"] is not (QueueTrigger.Type or TimerTrigger.Type))
        {
            throw new InvalidOperationException(
                $"{name}: only one binding is imitated, {QueueTrigger.Type} or {TimerTrigger.Type}: {string.Join(", ", metadata.RawBindings)}");
        }

        var type = (string)binding["type"]!;
        var info = new FunctionInfo(name, metadata.FunctionId, type, [.. metadata.RawBindings], settings.Disables(name));
        return type == TimerTrigger.Type
            ? new(info, null, (string?)binding["name"])
            : new(info, QueueTrigger.Parse(name, metadata.RawBindings[0]), null);
    }

    /// <summary>Names and bindings, sorted by name at every level.</summary>
    public static string Describe(IEnumerable<LoadedFunction> functions)
    {
        var all = functions.Select(function => KeyValuePair.Create(
            function.Info.Name, (JsonNode?)new JsonArray([.. function.Info.RawBindings.Select(raw => JsonNode.Parse(raw))])));
        var options = new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" };
        return Sorted(new JsonObject(all))!.ToJsonString(options) + "\n";
    }

    public void Started() => Count(counts => counts with { Started = counts.Started + 1 });

    public void Succeeded() => Count(counts => counts with { Succeeded = counts.Succeeded + 1 });

    public void Failed() => Count(counts => counts with { Failed = counts.Failed + 1 });

    private void Count(Func<FunctionCounts, FunctionCounts> change)
    {
        lock (_lock)
        {
            _counts = change(_counts);
        }
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject all => new JsonObject(all
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
