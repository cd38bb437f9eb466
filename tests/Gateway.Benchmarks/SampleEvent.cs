using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Benchmarks;

/// <summary>The event of a message that nobody sent by SMTP.</summary>
internal static class SampleEvent
{
    public static ReceivedEvent Of(MessageId id, int octets) => new()
    {
        MessageId = id,
        ReceivedAt = TimeProvider.System.GetUtcNow(),
        Octets = octets,
        Sha256 = new('0', 64),
        Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
        Client = new("127.0.0.1", ClientSource.Socket),
        Received = "Received: from mail.example.org",
    };
}
