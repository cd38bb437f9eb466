using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Ports.Tests;

/// <summary>Messages and events for the contracts of intake and queues.</summary>
internal static class MailSamples
{
    public static readonly DateTimeOffset Start = new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero);

    public static MessageId NewId() => MessageId.New(TimeProvider.System);

    /// <summary>The same octets for the same length.</summary>
    public static byte[] Noise(int octets)
    {
        var noise = new byte[octets];
        new Random(octets).NextBytes(noise);
        return noise;
    }

    public static ReceivedEvent Received(MessageId id, ReadOnlySpan<byte> raw, int send = 0) => new()
    {
        MessageId = id,
        ReceivedAt = Start,
        Octets = raw.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(raw)),
        Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
        Client = new("127.0.0.1", ClientSource.Socket),
        Received = "Received: from mail.example.org",
        Send = send,
    };

    public static InspectedEvent Inspected(MessageId id) => new()
    {
        Message = Received(id, []),
        Verdict = NoVerdict,
        Summary = new() { ContentPart = "content.json" },
    };

    public static DeliveryEvent Delivery(MessageId id, string recipient, int run = 0, int send = 0) => new()
    {
        DeliveryId = DeliveryId.Of(id, recipient, "support", "app"),
        Message = Received(id, []),
        Verdict = NoVerdict,
        Summary = new() { ContentPart = "content.json" },
        Recipient = recipient,
        RouteId = "support",
        EndpointId = "app",
        Run = run,
        Send = send,
    };

    private static Verdict NoVerdict => new()
    {
        Authentication = AuthenticationVerdict.NotEvaluated("tests"),
        Sender = new(null, false, null),
        Spam = SpamVerdict.NotEvaluated,
    };
}
