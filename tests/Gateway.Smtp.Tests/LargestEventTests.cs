using System.Collections.Immutable;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Tests;

/// <summary>Whatever a sender does, the event that starts a message's way fits into its queue (invariant 13).</summary>
public sealed class LargestEventTests
{
    private const int Recipients = 200; // the most that an option allows; 100 by default

    private static readonly string LongestDomain = $"{new string('d', 63)}.{new string('d', 63)}.{new string('d', 61)}";

    [Fact]
    public async Task The_largest_envelope_with_the_longest_evidence_is_under_the_limit()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxRecipients = Recipients, admission: new Talkative());
        await using var client = await server.ConnectAsync();
        await client.ReadReplyAsync();
        Assert.StartsWith("250-", await client.AskAsync($"EHLO {new string('h', DomainName.MaxOctets)}"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync($"MAIL FROM:<{Longest(0)}>"), StringComparison.Ordinal);
        for (var number = 0; number < Recipients; number++)
        {
            Assert.StartsWith("250 ", await client.AskAsync($"RCPT TO:<{Longest(number)}>"), StringComparison.Ordinal);
        }

        await client.AskAsync("DATA");
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."), StringComparison.Ordinal);

        var received = Assert.Single(server.Intake.Committed).Event;
        Assert.Equal(Recipients, received.Envelope.Recipients.Length);
        Assert.InRange(received.Evidence.Length, 10, 10_000);
        Assert.Contains("evidence_cut", received.Defects);
        AssertFits(received);

        // Internationalised: 254 octets of what JSON makes the most of, which is 12 octets of the 4 of a character beyond U+FFFF.
        var widest = string.Concat(Enumerable.Repeat("🜁", 16)) + "@" + string.Concat(Enumerable.Repeat("🜁", 47)) + "x";
        AssertFits(received with
        {
            Envelope = received.Envelope with { From = widest, SmtpUtf8 = true, Recipients = [.. Enumerable.Repeat(widest, Recipients)] },
            Tls = new(
                "TLSv1.3", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", new('s', DomainName.MaxOctets),
                new(new('a', 64), new('"', ClientCertificateReading.MaxNameCharacters), new('"', ClientCertificateReading.MaxNameCharacters), DateTimeOffset.MaxValue, false)),
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        });
    }

    private static void AssertFits(ReceivedEvent received)
    {
        var octets = StageMessage.Of(received).Body.Length; // refuses what is over
        TestContext.Current.TestOutputHelper?.WriteLine($"{octets:N0} octets of {StageMessage.MaxBodyOctets:N0}");
        Assert.InRange(octets, StageMessage.MaxBodyOctets / 3, StageMessage.MaxBodyOctets);
    }

    /// <summary>64 octets of a quoted local-part that JSON doubles twice, and the longest domain that leaves 254 in all.</summary>
    private static string Longest(int number) => $"\"{string.Concat(Enumerable.Repeat("\\\"", 29))}{number:0000}\"@{LongestDomain}";

    /// <summary>Lets everybody in, with more to say than there is room for.</summary>
    private sealed class Talkative : IAdmission
    {
        private static readonly ImmutableArray<MethodResult> Evidence =
        [
            .. Enumerable.Repeat(
                new MethodResult { Method = "dkim", Result = "permerror", Domain = new('d', 253), Selector = new('s', 253), Policy = "quarantine", Reason = new('r', 200) }, 10),
        ];

        public bool JudgesMessages => true;

        public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel) => new(Ruling.Admit(Evidence));

        public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel) => new(Ruling.Admit(Evidence));

        public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel) =>
            new(Ruling.Admit(Evidence));

        public ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel) => new(Ruling.Admit(Evidence));
    }
}
