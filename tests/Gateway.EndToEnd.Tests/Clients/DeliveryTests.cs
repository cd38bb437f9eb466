using System.Security.Cryptography;
using System.Text;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>Clients that others wrote, as people have them: what they send is what is stored, and what they are refused they tell.</summary>
public sealed class DeliveryTests
{
    private const string Second = "team@in.example.com";
    private const string TooLarge = "552[^0-9]+5\\.3\\.4 ";

    public static MatrixTheoryData<ClientName, Security> ClientsAndSecurity { get; } = new(Enum.GetValues<ClientName>(), Enum.GetValues<Security>());

    [Theory, MemberData(nameof(ClientsAndSecurity))]
    public async Task A_letter_arrives_as_it_was_sent(ClientName name, Security security)
    {
        var client = IMailClient.Of(name);
        await using var inbox = await Inbox.StartAsync();
        var report = await SendAsync(client, inbox, security, [Letter.To, Second], Letter.Octets);
        Assert.True(report.IsSent, report.Said);

        var taken = Assert.Single(await inbox.TakenAsync());
        AssertOctets(name, taken.Raw);
        AssertFacts(taken, security);
        AssertMeaning(taken);
        AssertDeclared(taken.Received, client.Declares);
        if (security == Security.Plain)
        {
            Assert.Equal(inbox.Wire.Message(), taken.Raw);
            Assert.Equal(client.Declares.HasFlag(Declared.Size), inbox.Wire.MailParameters.Contains("SIZE=", StringComparison.Ordinal));
            Assert.Equal(client.Declares.HasFlag(Declared.EightBit), inbox.Wire.MailParameters.Contains("BODY=8BITMIME", StringComparison.Ordinal));
        }
        else
        {
            Assert.Contains("STARTTLS\r\n", inbox.Wire.FromClients, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("MAIL FROM", inbox.Wire.FromClients, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>What becomes of the other recipient is the client's choice.</summary>
    [Theory]
    [InlineData(ClientName.MailKit, 0)]
    [InlineData(ClientName.Swaks, 1)]
    [InlineData(ClientName.Postfix, 1)]
    [InlineData(ClientName.Nodemailer, 1)]
    [InlineData(ClientName.Smtplib, 1)]
    [InlineData(ClientName.Curl, 0)]
    public async Task A_client_tells_that_one_of_two_recipients_is_refused(ClientName name, int stored)
    {
        await using var inbox = await Inbox.StartAsync();
        var report = await SendAsync(IMailClient.Of(name), inbox, Security.Plain, [Letter.To, "nobody@in.example.com"], Letter.Octets);

        Assert.False(report.IsSent, report.Said);
        Assert.Matches("550[^0-9]+5\\.1\\.1 ", report.Said);
        var taken = await inbox.TakenAsync();
        Assert.Equal(stored, taken.Count);
        Assert.All(taken, message => Assert.Equal([Letter.To], message.Received.Envelope.Recipients));
    }

    [Theory]
    [InlineData(ClientName.MailKit, 0)]
    [InlineData(ClientName.Swaks, 1)]
    [InlineData(ClientName.Postfix, 1)]
    [InlineData(ClientName.Nodemailer, 1)]
    [InlineData(ClientName.Smtplib, 1)]
    [InlineData(ClientName.Curl, 0)]
    public async Task A_client_tells_that_one_of_two_recipients_is_too_many(ClientName name, int stored)
    {
        await using var inbox = await Inbox.StartAsync(change: smtp => smtp.MaxRecipients = 1);
        var report = await SendAsync(IMailClient.Of(name), inbox, Security.Plain, [Letter.To, Second], Letter.Octets);

        Assert.False(report.IsSent, report.Said);
        Assert.Matches("452[^0-9]+4\\.5\\.3 ", report.Said);
        Assert.Equal(stored, (await inbox.TakenAsync()).Count);
    }

    [Theory]
    [InlineData(ClientName.MailKit, TooLarge)]
    [InlineData(ClientName.Swaks, TooLarge)]
    [InlineData(ClientName.Postfix, "dsn=5\\.3\\.4, .* exceeds size limit 65536 of server")] // read in the answer to EHLO, and not even tried
    [InlineData(ClientName.Nodemailer, TooLarge)]
    [InlineData(ClientName.Smtplib, TooLarge)]
    [InlineData(ClientName.Curl, TooLarge)]
    public async Task A_client_tells_that_a_message_is_too_large(ClientName name, string said)
    {
        await using var inbox = await Inbox.StartAsync(change: smtp => smtp.MaxMessageOctets = 65_536);
        var report = await SendAsync(IMailClient.Of(name), inbox, Security.Plain, [Letter.To], Letter.Write(attachment: 100_000));

        Assert.False(report.IsSent, report.Said);
        Assert.Matches(said, report.Said);
        Assert.Empty(await inbox.TakenAsync());
    }

    private static Task<ClientReport> SendAsync(IMailClient client, Inbox inbox, Security security, IReadOnlyList<string> to, byte[] message) =>
        client.SendAsync(new(inbox.Wire.Endpoint, security, Letter.From, to, message), TestContext.Current.CancellationToken);

    /// <summary>A relay puts a field of its own in front; nobody else changes an octet.</summary>
    private static void AssertOctets(ClientName name, byte[] raw)
    {
        var front = raw.AsSpan(0, Math.Max(0, raw.Length - Letter.Octets.Length));
        Assert.Equal(Letter.Octets, raw[front.Length..]);
        Assert.Matches(name == ClientName.Postfix ? @"^Received: by client\.example \(Postfix, [^\r]*\r\n(\t[^\r]*\r\n)+$" : "^$", Encoding.ASCII.GetString(front));
    }

    private static void AssertFacts(Taken taken, Security security)
    {
        var received = taken.Received;
        Assert.Equal((taken.Raw.LongLength, Convert.ToHexStringLower(SHA256.HashData(taken.Raw))), (received.Octets, received.Sha256));
        Assert.Equal((Letter.From, IMailClient.Helo), (received.Envelope.From, received.Envelope.Helo));
        Assert.Equal([Letter.To, Second], received.Envelope.Recipients);
        Assert.Equal(new("127.0.0.1", ClientSource.Socket), received.Client);
        Assert.Contains(security == Security.Plain ? " with ESMTP " : " with ESMTPS ", received.Received.ReplaceLineEndings(" ").Replace('\t', ' '), StringComparison.Ordinal);
        if (security == Security.Plain)
        {
            Assert.Null(received.Tls);
        }
        else
        {
            Assert.Matches(@"^TLSv1\.[23]$", received.Tls?.Version);
        }
    }

    private static void AssertMeaning(Taken taken)
    {
        Assert.Equal(Letter.Subject, taken.Inspected.Summary.Subject);
        Assert.Equal(1, taken.Inspected.Summary.Attachments);
    }

    private static void AssertDeclared(ReceivedEvent received, Declared declares)
    {
        var isDeclared = declares.HasFlag(Declared.EightBit);
        Assert.Equal(isDeclared ? BodyType.EightBitMime : BodyType.SevenBit, received.Envelope.Body);
        Assert.Equal(isDeclared ? [] : ["eight_bit_undeclared"], received.Defects);
    }
}
