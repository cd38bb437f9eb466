using System.Text;
using System.Text.Json;
using Gateway.Core.Events;

namespace Gateway.Smtp.Tests;

/// <summary>What the event of an internationalised message holds (RFC 6531); the dialogues are in Transcripts/smtputf8_*.</summary>
public sealed class SmtpUtf8Tests
{
    [Fact]
    public async Task The_event_has_the_addresses_with_a_labels_and_the_word_of_the_protocol()
    {
        var received = await ReceiveAsync("MAIL FROM:<Jörg@BÜCHER.example> SMTPUTF8", "RCPT TO:<u用户@EXAMPLE。net>");
        Assert.Equal("Jörg@xn--bcher-kva.example", received.Envelope.From);
        Assert.Equal(["u用户@example.net"], received.Envelope.Recipients);
        Assert.True(received.Envelope.SmtpUtf8);
        Assert.Contains(" with UTF8SMTP\r\n", received.Received, StringComparison.Ordinal);
        Assert.Contains("\r\n for <u用户@example.net>;", received.Received, StringComparison.Ordinal);

        var read = JsonSerializer.Deserialize(StageMessage.Of(received).Body.Span, EventJson.Relaxed.ReceivedEvent)!;
        Assert.Equal(received.Envelope.From, read.Envelope.From);
        Assert.Equal(received.Envelope.Recipients, read.Envelope.Recipients);
        Assert.Equal(received.Received, read.Received);
    }

    [Fact]
    public async Task Without_the_parameter_the_words_are_those_of_before()
    {
        var received = await ReceiveAsync("MAIL FROM:<a@client.example>", "RCPT TO:<user@example.net>");
        Assert.False(received.Envelope.SmtpUtf8);
        Assert.Contains(" with ESMTP\r\n", received.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_two_forms_is_one_recipient()
    {
        var received = await ReceiveAsync("MAIL FROM:<> SMTPUTF8", "RCPT TO:<uü@example.net>", "RCPT TO:<\"uü\"@EXAMPLE.net>", "RCPT TO:<@bücher.example:uü@example.net>", "RCPT TO:<uÜ@example.net>");
        Assert.Equal(["uü@example.net", "uÜ@example.net"], received.Envelope.Recipients); // another local-part, by all that is known of it
    }

    private static async Task<ReceivedEvent> ReceiveAsync(params string[] commands)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ReadReplyAsync();
        await client.AskAsync("EHLO client.example");
        foreach (var command in commands)
        {
            await client.SendAsync(Encoding.UTF8.GetBytes(command + "\r\n"));
            Assert.StartsWith("250 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        }

        Assert.StartsWith("354 ", await client.AskAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."), StringComparison.Ordinal);
        return Assert.Single(server.Intake.Committed).Event;
    }
}
