namespace Gateway.Smtp.Tests.Tls;

/// <summary><c>domains[].requireTls</c>.</summary>
public sealed class RequireTlsTests
{
    [Fact]
    public async Task A_recipient_whose_domain_requires_tls_is_refused_in_plain_text_and_taken_over_tls()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<a@client.example>");
        Assert.StartsWith("530 5.7.0 ", await client.AskAsync("RCPT TO:<user@secure.example>"), StringComparison.Ordinal);
        await client.AskAsync("RSET");
        Assert.StartsWith("220 2.0.0 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.True(await client.HandshakeAsync());
        await client.AskAsync("EHLO client.example");
        await client.MailToDataAsync("user@secure.example");
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."), StringComparison.Ordinal);
        Assert.Equal(["user@secure.example"], Assert.Single(server.Intake.Committed).Event.Envelope.Recipients);
    }
}
