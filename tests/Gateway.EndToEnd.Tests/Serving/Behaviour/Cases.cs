using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Gateway.Core.Events;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary>What may become of a message.</summary>
/// <param name="Answers">Of the case's endpoint, the last one for all that follow; none: there is no endpoint.</param>
/// <param name="Story">What its story tells: each kind, and behind it attempt and answer where there are such.</param>
/// <param name="Records">What is kept of it in the state store: collection, reason, and the endpoint's last answer.</param>
/// <param name="Webhooks">How many came.</param>
internal sealed record Case((int Status, string Text)[] Answers, string Story, string Records, int Webhooks);

/// <summary>The recipient's local part names the case; so do its route, its endpoint and the endpoint's path.</summary>
internal static class Cases
{
    private const string Resumed = "gone-and-resumed";
    private const string LateSecret = "late-secret";
    private const string Attachment = "attachment";
    private const string Stored = "stored";
    private const string Dropped = "dropped";

    public static IReadOnlyDictionary<string, Case> All { get; } = new Dictionary<string, Case>(StringComparer.Ordinal)
    {
        ["accepted"] = new([(200, "")], "Received, Inspected, Delivered 1 200", "", Webhooks: 1),
        ["unavailable-once"] = new([(503, "come again"), (200, "")], "Received, Inspected, Retrying 1 503, Delivered 2 200", "", Webhooks: 2),
        ["refused"] = new(
            [(400, "no such customer")],
            "Received, Inspected, DeadLettered 1 400", "dead-letter: The endpoint answered 400: trying again cannot help; 400 no such customer", Webhooks: 1),
        [Resumed] = new([(410, "gone for good"), (200, "")], "Received, Inspected, Parked 1 410, Delivered 2 200", "", Webhooks: 2),

        // Nothing is asked of the endpoint without a signature; it counts as an attempt that failed.
        [LateSecret] = new([(200, "")], "Received, Inspected, Retrying 1, Delivered 2 200", "", Webhooks: 1),
        [Attachment] = new([(200, "")], "Received, Inspected, Delivered 1 200", "", Webhooks: 1),
        ["unrouted"] = new([], "Received, Inspected, Unrouted", "unrouted: unrouted", Webhooks: 0),
        [Stored] = new([], "Received, Inspected, Stored", "stored: stored", Webhooks: 0),
        [Dropped] = new([], "Received, Inspected, Dropped", "", Webhooks: 0),
    };

    public static JsonObject Configuration(Uri receiver, string lateSecret)
    {
        var configuration = EmbeddedGateway.ToEndpoints([.. from one in All where one.Value.Answers.Length > 0 select (one.Key, new Uri($"{receiver}/{one.Key}"))]);
        var endpoints = configuration["endpoints"]!.AsArray().OfType<JsonObject>();
        endpoints.Single(endpoint => (string?)endpoint["id"] == LateSecret)["secrets"] = new JsonArray($"file:{lateSecret}");
        var routes = configuration["routes"]!.AsArray();
        routes.Add(Route(Stored, "store"));
        routes.Add(Route(Dropped, "drop"));
        foreach (var route in routes.OfType<JsonObject>())
        {
            route["match"] = new JsonObject { ["recipient"] = $"{((string)route["id"]!)["to-".Length..]}@*" };
        }

        return configuration;
    }

    /// <summary>An endpoint for each case, which counts its requests.</summary>
    public static Func<HttpContext, Arrived, Task> Endpoints()
    {
        var requests = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        return async (http, _) =>
        {
            var name = http.Request.Path.ToString().Split('/')[^1];
            var answers = All[name].Answers;
            var (status, text) = answers[Math.Min(requests.AddOrUpdate(name, 1, (_, count) => count + 1), answers.Length) - 1];
            http.Response.StatusCode = status;
            await http.Response.WriteAsync(text);
        };
    }

    /// <summary>The same octets each time.</summary>
    public static byte[] Message(string name)
    {
        var text = $"From: Alice <alice@example.org>\nTo: {name}@in.example.com\nSubject: {name}\nDate: Tue, 24 Nov 2026 18:00:00 +0000\nMessage-ID: <{name}@example.org>\nMIME-Version: 1.0\n";
        var body = name != Attachment ? "\nHello\n" : $"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: application/zip; name=big.zip\n"
            + $"Content-Disposition: attachment; filename=big.zip\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(Big, Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\n")}\n--b--\n";
        return System.Text.Encoding.ASCII.GetBytes((text + body).ReplaceLineEndings("\r\n"));
    }

    /// <summary>What is done while a delivery waits.</summary>
    public static Task MeanwhileAsync(string name, Place place) => name switch
    {
        Resumed => place.ResumeAsync(Resumed),
        LateSecret => File.WriteAllTextAsync(place.LateSecret, EmbeddedGateway.Secret, TestContext.Current.CancellationToken),
        _ => Task.CompletedTask,
    };

    public static bool IsWaiting(ActivityEntry entry) => entry.Kind is ActivityKind.Retrying or ActivityKind.Parked;

    /// <summary>Base64 of it is over what goes inline.</summary>
    private static byte[] Big { get; } = [.. Enumerable.Range(0, 300_000).Select(number => (byte)(number * 31 % 251))];

    private static JsonObject Route(string id, string action) => new()
    {
        ["id"] = $"to-{id}",
        ["priority"] = 1,
        ["actions"] = new JsonArray(new JsonObject { [action] = new JsonObject() }),
    };
}
