using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>Values with fixed ids and times.</summary>
internal static class Samples
{
    public const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public static readonly DateTimeOffset Now = new(2026, 11, 24, 18, 0, 10, TimeSpan.Zero);

    public static readonly MessageId Id = new(Guid.Parse("0193f1c2-0000-7000-8000-000000000001"));

    public static ReceivedEvent Received(params ImmutableArray<string> recipients) => new()
    {
        MessageId = Id,
        ReceivedAt = new(2026, 11, 24, 18, 0, 0, 100, TimeSpan.Zero),
        Octets = 4321,
        Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        Envelope = new() { From = "alice@example.org", Recipients = recipients, Helo = "mail.example.org" },
        Client = new("203.0.113.7", ClientSource.Socket, "mail.example.org", "app-1"),
        Tls = new(
            "TLSv1.3", "TLS_AES_256_GCM_SHA384", "in.example.com",
            new("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "CN=mail.example.org, O=J\\C3\\B6rg", "CN=Example CA", new(2027, 2, 3, 4, 5, 6, TimeSpan.Zero), Trusted: true)),
        Received = "Received: from mail.example.org by in.example.com",
        Defects = ["eight_bit_undeclared"],
        TraceParent = Trace,
    };

    public static Verdict Verdict => new()
    {
        Authentication = new()
        {
            Spf = new() { Method = "spf", Result = "pass", Domain = "example.org" },
            Dkim = [new() { Method = "dkim", Result = "pass", Domain = "example.org", Selector = "s1" }],
            Dmarc = new() { Method = "dmarc", Result = "pass", Domain = "example.org", Policy = "reject" },
            Arc = new() { Method = "arc", Result = "none" },
            Iprev = new() { Method = "iprev", Result = "pass" },
        },
        Sender = new("example.org", true, "dkim"),
        Spam = new("ham", 0.4, 5.0, ["FREEMAIL"]),
        Defects = ["no_date"],
    };

    public static InspectedEvent Inspected(params ImmutableArray<string> recipients) => new()
    {
        Message = Received(recipients),
        Verdict = Verdict,
        Summary = new() { ContentPart = MessageContent.PartName, Subject = "Hello", Attachments = 1 },
        Headers = [new("Subject", "Hello"), new("List-Id", "<news.example.org>")],
        TraceParent = Trace,
    };

    public static DeliveryEvent Delivery(string recipient = "support@in.example.com", string route = "support", string endpoint = "app") => new()
    {
        DeliveryId = DeliveryId.Of(Id, recipient, route, endpoint),
        Message = Received(recipient),
        Verdict = Verdict,
        Summary = new() { ContentPart = MessageContent.PartName, Subject = "Hello", Attachments = 1 },
        Recipient = recipient,
        RouteId = route,
        EndpointId = endpoint,
        TraceParent = Trace,
    };

    public static MessageContent Content => new()
    {
        Headers = [new("Subject", "Hello \"Wörld\" <b>"), new("Received", "one"), new("Received", "two")],
        From = [new("Alice", "alice@example.org")],
        To = [new(null, "support@in.example.com")],
        Subject = "Hello \"Wörld\" <b>",
        Date = new(2026, 11, 24, 18, 59, 58, TimeSpan.FromHours(1)),
        MessageId = "<1@example.org>",
        References = ["<0@example.org>"],
        Text = "Hi 👋\r\n",
        Attachments =
        [
            new() { Name = "a.pdf", ContentType = "application/pdf", Size = 3, Sha256 = Sha256Of("ab"), Content = [1, 2, 3] },
            new() { Name = "b.zip", ContentType = "application/zip", Size = 9_000_000, Sha256 = Sha256Of("cd"), ContentId = "b@x", Part = "attachment-2" },
            new() { ContentType = "text/plain", Size = 1, Sha256 = Sha256Of("ef") },
        ],
    };

    private static string Sha256Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    public static GatewayConfiguration Configuration(string json)
    {
        var result = ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(json));
        Assert.Empty(result.Errors);
        return result.Configuration!;
    }

    public static byte[] Json(InspectedEvent item) => JsonSerializer.SerializeToUtf8Bytes(item, EventJson.Relaxed.InspectedEvent);

    public static byte[] Json(DeliveryEvent item) => JsonSerializer.SerializeToUtf8Bytes(item, EventJson.Relaxed.DeliveryEvent);

    public static DeliveryEvent Delivery(StageMessage message) => JsonSerializer.Deserialize(message.Body.Span, EventJson.Relaxed.DeliveryEvent)!;
}
