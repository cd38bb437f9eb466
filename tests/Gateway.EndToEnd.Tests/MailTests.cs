using System.Security.Cryptography;
using System.Text;
using MailKit.Security;
using MimeKit;

namespace Gateway.EndToEnd.Tests;

/// <summary>Mail in by a client that we did not write, a signed webhook out.</summary>
public sealed class MailTests
{
    [Theory]
    [InlineData(SecureSocketOptions.None)]
    [InlineData(SecureSocketOptions.StartTls)]
    public async Task A_message_becomes_a_signed_webhook(SecureSocketOptions security)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        using (var client = await gateway.ConnectAsync(security))
        {
            await client.SendAsync(Message("Hello"));
            await client.DisconnectAsync(true);
        }

        var webhook = await receiver.NextAsync();
        var data = webhook.Data;
        Assert.Equal("message.received", webhook.Payload.GetProperty("type").GetString());
        Assert.Equal("Hello", data.GetProperty("subject").GetString());
        Assert.Equal("alice@example.org", data.GetProperty("envelope").GetProperty("from").GetString());
        Assert.Equal("support@in.example.com", webhook.To);
        Assert.Equal("127.0.0.1", data.GetProperty("client").GetProperty("ip").GetString());
        Assert.Equal("to-app", data.GetProperty("route").GetProperty("id").GetString());
        Assert.StartsWith("This is the text", data.GetProperty("text").GetString(), StringComparison.Ordinal);
        var tls = data.GetProperty("envelope").GetProperty("tls");
        Assert.Equal(security == SecureSocketOptions.None ? null : "TLSv1.3", tls.ValueKind == System.Text.Json.JsonValueKind.Null ? null : tls.GetProperty("version").GetString());
        Assert.Empty(receiver.Refused);
    }

    [Fact]
    public async Task Fifty_messages_on_one_connection_all_arrive_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        using var client = await gateway.ConnectAsync();
        for (var n = 0; n < 50; n++)
        {
            await client.SendAsync(Message($"Message {n}"));
        }

        await client.DisconnectAsync(true);
        var subjects = (await receiver.TakeAsync(50)).Select(webhook => webhook.Data.GetProperty("subject").GetString());
        Assert.Equal(Enumerable.Range(0, 50).Select(n => $"Message {n}").Order(), subjects.Order());
    }

    [Fact]
    public async Task Eight_bit_text_arrives_as_it_was_meant_and_raw_as_it_was_sent()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        byte[] raw =
        [
            .. Encoding.ASCII.GetBytes("From: alice@example.org\r\nTo: support@in.example.com\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n"
                + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSch"),
            0xF6, .. Encoding.ASCII.GetBytes("ne Gr"), 0xFC, 0xDF, .. Encoding.ASCII.GetBytes("e\r\n..and a line that began with a dot\r\n"),
        ];
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        Assert.StartsWith("250", await smtp.SendMessageAsync("alice@example.org", ["support@in.example.com"], raw), StringComparison.Ordinal);

        var data = (await receiver.NextAsync()).Data;
        Assert.Equal("Grüße", data.GetProperty("subject").GetString());
        Assert.Contains("Schöne Grüße", data.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(raw, await DownloadAsync(data.GetProperty("raw").GetProperty("url").GetString()!));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(raw)), data.GetProperty("raw").GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task An_attachment_of_thirty_megabytes_is_a_link_to_its_octets()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        var octets = new byte[30 * 1024 * 1024];
        new Random(30).NextBytes(octets);
        var message = Message("Big");
        message.Body = new Multipart("mixed")
        {
            new TextPart("plain") { Text = "See the attachment" },
            new MimePart("application", "zip") { Content = new MimeContent(new MemoryStream(octets)), FileName = "big.zip", ContentTransferEncoding = ContentEncoding.Base64 },
        };
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(message);

        var attachment = Assert.Single((await receiver.NextAsync()).Data.GetProperty("attachments").EnumerateArray());
        Assert.Equal(("big.zip", octets.LongLength), (attachment.GetProperty("name").GetString(), attachment.GetProperty("size").GetInt64()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(octets)), attachment.GetProperty("sha256").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, attachment.GetProperty("content").ValueKind);
        Assert.Equal(octets, await DownloadAsync(attachment.GetProperty("url").GetString()!));
    }

    [Fact]
    public async Task Three_recipients_and_two_endpoints_are_six_deliveries_with_six_ids()
    {
        await using var first = await Receiver.StartAsync();
        await using var second = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("first", first.Url), ("second", second.Url)));
        string[] recipients = ["a@one.example", "b@two.example", "c@last.example"];
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(FormatOptions.Default, Message("Six"), new("", "alice@example.org"), recipients.Select(address => new MailboxAddress("", address)));

        var (atFirst, atSecond) = (await first.TakeAsync(3), await second.TakeAsync(3));
        Assert.Equal(6, atFirst.Concat(atSecond).Select(webhook => webhook.Id).Distinct().Count());
        Assert.Equal(recipients, atFirst.Select(webhook => webhook.To).Order(StringComparer.Ordinal));
        Assert.Equal(atFirst.Select(webhook => webhook.To).Order(), atSecond.Select(webhook => webhook.To).Order());
        Assert.All(atFirst, webhook => Assert.Equal(recipients, webhook.Data.GetProperty("envelope").GetProperty("recipients").EnumerateArray().Select(to => to.GetString())));
    }

    [Fact]
    public async Task A_recipient_outside_our_domains_is_refused_and_the_others_get_their_mail()
    {
        await using var receiver = await Receiver.StartAsync();
        var configuration = EmbeddedGateway.ToEndpoints(("app", receiver.Url));
        configuration["domains"]![0]!["name"] = "in.example.com";
        configuration["domains"]![0]!["recipients"] = new System.Text.Json.Nodes.JsonArray("support");
        await using var gateway = await EmbeddedGateway.StartAsync(configuration);
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        await smtp.CommandAsync("MAIL FROM:<alice@example.org>");
        Assert.StartsWith("550 5.7.1", await smtp.CommandAsync("RCPT TO:<bob@elsewhere.example>"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1", await smtp.CommandAsync("RCPT TO:<nobody@in.example.com>"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.5", await smtp.CommandAsync("RCPT TO:<Support@IN.example.com>"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.5", await smtp.CommandAsync("RCPT TO:<postmaster>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await smtp.CommandAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.6.0", await smtp.CommandAsync("Subject: x\r\n\r\nbody\r\n."), StringComparison.Ordinal);
        Assert.Equal(["Support@in.example.com", "postmaster"], (await receiver.TakeAsync(2)).Select(webhook => webhook.To).Order(StringComparer.Ordinal));
    }

    internal static MimeMessage Message(string subject) => new()
    {
        From = { new MailboxAddress("Alice", "alice@example.org") },
        To = { new MailboxAddress("Support", "support@in.example.com") },
        Subject = subject,
        Body = new TextPart("plain") { Text = "This is the text\r\n" },
    };

    internal static async Task<byte[]> DownloadAsync(string url)
    {
        using var http = new HttpClient();
        return await http.GetByteArrayAsync(new Uri(url), TestContext.Current.CancellationToken);
    }
}
