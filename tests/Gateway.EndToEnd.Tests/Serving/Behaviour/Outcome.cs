using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Routing;

namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary>All that can be seen of what became of a message.</summary>
/// <param name="Story">As in <see cref="Case"/>.</param>
/// <param name="Records">As in <see cref="Case"/>.</param>
/// <param name="Webhooks">How many came.</param>
/// <param name="Whole">Story, records and webhooks with all that they hold, as JSON without what is another each time: ids, times, links, the host's name.</param>
internal sealed partial record Outcome(string Story, string Records, int Webhooks, string Whole)
{
    private static readonly string[] Collections = [DeadLetterRecord.Collection, KeptRecord.Stored, KeptRecord.Unrouted];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Values of these are another each time, whatever they are.</summary>
    private static readonly HashSet<string> Changing = ["received", "traceParent", "elapsed"];

    public static async Task<Outcome> OfAsync(Place place, MessageId id, IReadOnlyList<ActivityEntry> story)
    {
        var webhooks = place.Receiver.All.Where(webhook => webhook.Data.GetProperty("id").GetString() == id.ToString()).ToList();
        foreach (var webhook in webhooks)
        {
            await AssertLinksAsync(webhook.Data);
        }

        var records = new JsonObject();
        foreach (var collection in Collections)
        {
            records[collection] = new JsonArray([.. await place.RecordsAsync(collection, id)]);
        }

        var outcome = new JsonObject
        {
            ["story"] = new JsonArray([.. story.Select(entry => JsonSerializer.SerializeToNode(entry, ActivityJson.Default.ActivityEntry))]),
            ["webhooks"] = new JsonArray([.. webhooks.Select(webhook => new JsonObject { ["webhook-id"] = webhook.Id, ["payload"] = JsonNode.Parse(webhook.Payload.GetRawText()) })]),
            ["records"] = records,
        };
        var deliveries = webhooks.Select(webhook => webhook.Id).Concat(story.Select(entry => entry.DeliveryId?.ToString())).OfType<string>().Distinct().ToList();
        Assert.InRange(deliveries.Count, 0, 1);
        var text = deliveries.Aggregate(outcome.ToJsonString(), (all, delivery) => all.Replace(delivery, "the delivery", StringComparison.Ordinal))
            .Replace(id.ToString(), "the message", StringComparison.Ordinal);
        return new(
            string.Join(", ", story.Select(entry => $"{entry.Kind} {(entry.Attempts > 0 ? entry.Attempts : null)} {entry.HttpStatus}".TrimEnd())),
            string.Join(", ", from collection in records from record in collection.Value!.AsArray() select Brief(collection.Key, record)),
            webhooks.Count,
            Settle("", JsonNode.Parse(text))!.ToJsonString(Indented));
    }

    private static string Brief(string collection, JsonNode record) =>
        $"{collection}: {record["reason"]}" + (record["lastAnswer"] is { } answer ? $"; {answer["status"]} {answer["text"]}" : "");

    private static async Task AssertLinksAsync(JsonElement data)
    {
        foreach (var part in data.GetProperty("attachments").EnumerateArray().Append(data.GetProperty("raw")))
        {
            if (part.GetProperty("url").GetString() is { } url)
            {
                var octets = await MailTests.DownloadAsync(url);
                Assert.Equal(part.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(octets)));
            }
        }
    }

    private static JsonNode? Settle(string name, JsonNode? node) => node switch
    {
        JsonObject all => new JsonObject(all.Select(pair => KeyValuePair.Create(pair.Key, Settle(pair.Key, pair.Value)))),
        JsonArray items => new JsonArray([.. items.Select(item => Settle(name, item))]),
        JsonValue value when Changing.Contains(name) => $"some {name}",
        JsonValue value when value.TryGetValue<string>(out var text) => name == "url" ? "a link" : name == "date" ? text : Time().Replace(text, "a time"),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*(Z|\+00:00)")]
    private static partial Regex Time();
}
