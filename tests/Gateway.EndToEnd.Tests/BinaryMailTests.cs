using System.Security.Cryptography;
using System.Text;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.EndToEnd.Tests.Serving;
using Gateway.Smtp.Protocol;

namespace Gateway.EndToEnd.Tests;

/// <summary>Any octets there can be in a message, from the wire or the intake to the raw link and the webhook.</summary>
[Collection(nameof(CrashTests))]
public sealed class BinaryMailTests
{
    private const string Text = "From: a@example.org\r\nSubject: x\r\n\r\n";

    /// <summary>What DATA can bring where bare line ends are accepted.</summary>
    private static readonly byte[][] Lines =
    [
        [],
        Octets(Text + "a\0b\rc\nd\xff\r\n..\n.\n\r\n"),
        Octets("From: a@example.org\nSubject: bare\n\nLF only\n.\nend\r\n"),
        Octets("\0\r\n"),
        Octets("\r\r\n\n\r\n"),
        [.. Octets(Text), .. LinesOfNoise(70_000)],
        [.. Octets("From: a@example.org\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"), .. LinesOfNoise(300_000)],
    ];

    /// <summary>What besides only BDAT can bring.</summary>
    private static readonly byte[][] Chunks = [Octets("x"), Octets("\0"), Octets("\r"), Octets(Text + "no end"), Noise(65_536), Noise(1_500_000)];

    [Fact]
    public async Task On_one_machine_every_octet_comes_back()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(
            EmbeddedGateway.ToEndpoints(("app", receiver.Url)),
            change: CorpusTests.TakingAnyOctet);
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        foreach (var raw in Lines)
        {
            Assert.StartsWith("250 ", await smtp.SendMessageAsync("alice@example.org", ["support@in.example.com"], raw), StringComparison.Ordinal);
            await CheckAsync(await receiver.NextAsync(), raw);
        }

        foreach (var raw in Chunks)
        {
            await AcceptAsync(gateway.Service<IIntake>(), raw);
            await CheckAsync(await receiver.NextAsync(), raw);
        }

        Assert.Empty(receiver.Refused);
    }

    [Fact]
    public async Task Through_Azure_every_octet_comes_back()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        site.Settings["GATEWAY_Smtp__BareLineEndings"] = nameof(BareLineEndings.Accept);
        await using var serve = await site.ServeAsync();
        using var smtp = await RawSmtp.ConnectAsync(serve.SmtpEndpoint);
        foreach (var raw in Lines)
        {
            Assert.StartsWith("250 ", await smtp.SendMessageAsync("alice@example.org", ["support@in.example.com"], raw), StringComparison.Ordinal);
            await CheckAsync(await receiver.NextAsync(), raw);
        }

        Assert.Empty(receiver.Refused);
    }

    private static async Task CheckAsync(Arrived webhook, byte[] sent)
    {
        var raw = webhook.Data.GetProperty("raw");
        Assert.Equal((sent.Length, Convert.ToHexStringLower(SHA256.HashData(sent))), (raw.GetProperty("size").GetInt32(), raw.GetProperty("sha256").GetString()));
        var octets = await MailTests.DownloadAsync(raw.GetProperty("url").GetString()!);
        Assert.True(sent.AsSpan().SequenceEqual(octets), $"{sent.Length} octets came back changed");
        Assert.DoesNotContain('\0', webhook.Data.GetProperty("text").GetString() ?? "");
    }

    private static async Task AcceptAsync(IIntake intake, byte[] raw)
    {
        var id = MessageId.New(TimeProvider.System);
        await using var message = await intake.OpenAsync(id, TestContext.Current.CancellationToken);
        await message.WriteAsync(raw, TestContext.Current.CancellationToken);
        var received = new ReceivedEvent
        {
            MessageId = id,
            ReceivedAt = TimeProvider.System.GetUtcNow(),
            Octets = raw.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(raw)),
            Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org", Body = BodyType.BinaryMime },
            Client = new("127.0.0.1", ClientSource.Socket),
            Received = "Received: from mail.example.org",
        };
        await message.CommitAsync(received, TestContext.Current.CancellationToken);
    }

    private static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] LinesOfNoise(int octets) => [.. Noise(octets).Chunk(1000).SelectMany(line => (byte[])[.. line, .. "\r\n"u8])];

    private static byte[] Noise(int octets)
    {
        var noise = new byte[octets];
        new Random(octets).NextBytes(noise);
        return noise;
    }
}
