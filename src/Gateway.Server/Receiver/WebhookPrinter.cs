using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Pipeline.Delivery;
using Gateway.Server.Console;
using Spectre.Console;

namespace Gateway.Server.Receiver;

/// <summary>Shows a webhook on the console: a line about the signature, then the payload with what is long cut short.</summary>
internal sealed class WebhookPrinter(IAnsiConsole console)
{
    private const int MaxStringCharacters = 120;
    private const int MaxItems = 12;

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Show(ReceivedWebhook webhook)
    {
        var text = webhook.Signature == SignatureStatus.Valid ? Payload(webhook.Octets) : "";
        new Line()
            .Add($"webhook {Id(webhook)}: signature {Word(webhook.Signature)}", webhook.Signature == SignatureStatus.Valid ? Color.Green : Color.Red)
            .Add($", {Printable.Size(webhook.Octets.Length)}, answered {webhook.Status}")
            .Add(text.Length > 0 ? $"\n{text}" : "")
            .WriteTo(console);
    }

    private static string Id(ReceivedWebhook webhook) => webhook.Id.Length == 0 ? "without id" : Printable.Of(webhook.Id, 80);

    private static string Word(SignatureStatus status) => status switch
    {
        SignatureStatus.Valid => "valid",
        SignatureStatus.Malformed => "missing or malformed",
        SignatureStatus.OutOfTolerance => "too old or too new",
        _ => "does not match the secret",
    };

    private static string Payload(byte[] octets)
    {
        try
        {
            var shown = Shorten(JsonNode.Parse(octets, documentOptions: new() { MaxDepth = 32, AllowDuplicateProperties = false }));
            var lines = shown?.ToJsonString(Indented).Split('\n') ?? [];
            return string.Join('\n', lines.Select(line => Printable.Of(line, 400)));
        }
        catch (JsonException)
        {
            return Printable.Of(Encoding.UTF8.GetString(octets, 0, Math.Min(octets.Length, 2000)), 2000);
        }
    }

    private static JsonNode? Shorten(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Shorten(member.Value)))),
        JsonArray items when items.Count > MaxItems =>
            new JsonArray([.. items.Take(MaxItems).Select(Shorten), JsonValue.Create($"… and {items.Count - MaxItems} more")]),
        JsonArray items => new JsonArray([.. items.Select(Shorten)]),
        JsonValue value when value.TryGetValue<string>(out var text) && text.Length > MaxStringCharacters =>
            JsonValue.Create($"{text[..MaxStringCharacters]}… ({text.Length} characters)"),
        _ => node?.DeepClone(),
    };
}
