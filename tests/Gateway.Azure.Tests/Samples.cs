using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Azure.Tests;

/// <summary>Messages and events to send.</summary>
internal static class Samples
{
    public static MessageId NewId() => MessageId.New(TimeProvider.System);

    /// <summary>The same octets for the same length.</summary>
    public static byte[] Noise(int octets)
    {
        var noise = new byte[octets];
        new Random(octets).NextBytes(noise);
        return noise;
    }

    /// <param name="id">The message.</param>
    /// <param name="raw">Its octets.</param>
    /// <param name="padding">Octets more in the event.</param>
    public static ReceivedEvent Event(MessageId id, ReadOnlySpan<byte> raw, int padding = 0) => new()
    {
        MessageId = id,
        ReceivedAt = new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero),
        Octets = raw.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(raw)),
        Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
        Client = new("127.0.0.1", ClientSource.Socket),
        Received = $"Received: from mail.example.org{new string('x', padding)}",
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };

    public static StageMessage Message(int padding = 0, DateTimeOffset? due = null) => StageMessage.Of(Event(NewId(), [], padding), due);
}
