using System.Text;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>What a relay with a queue does with our answers: it keeps what is put off, and bounces what is refused.</summary>
public sealed class PostfixTests
{
    private const string Second = "team@in.example.com";

    [Fact]
    public async Task What_is_put_off_stays_in_the_queue_and_comes_with_the_next_try()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var inbox = await Inbox.StartAsync(change: smtp => smtp.MaxRecipients = 1);
        await using var postfix = await PostfixInstance.StartAsync(inbox.Wire.Endpoint, Security.StartTls, [], cancel);
        await postfix.SubmitAsync(Letter.From, [Letter.To, Second], Letter.Octets, cancel);
        Assert.Contains("status=sent (250 2.6.0 ", await postfix.FateOfAsync(Letter.To, cancel), StringComparison.Ordinal);
        Assert.Matches(@"status=deferred \(.*452 4\.5\.3 ", await postfix.FateOfAsync(Second, cancel));
        Assert.Contains(Second, await postfix.QueueAsync(cancel), StringComparison.Ordinal);

        await postfix.FlushAsync(cancel);
        Assert.Contains("status=sent (250 2.6.0 ", await postfix.FateOfAsync(Second, cancel), StringComparison.Ordinal);
        await postfix.SaysAsync(": removed", cancel);
        Assert.Contains("queue is empty", await postfix.QueueAsync(cancel), StringComparison.Ordinal);
        var taken = await inbox.TakenAsync();
        Assert.Equal([[Letter.To], [Second]], taken.Select(message => message.Received.Envelope.Recipients.ToArray()));
        Assert.Equal(taken[0].Raw, taken[1].Raw);
    }

    [Fact]
    public async Task A_mailbox_that_is_deferred_gets_its_mail_when_it_is_no_more()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var inbox = await Inbox.StartAsync(defer: "team");
        await using var postfix = await PostfixInstance.StartAsync(inbox.Wire.Endpoint, Security.Plain, [], cancel);
        await postfix.SubmitAsync(Letter.From, [Letter.To, Second], Letter.Octets, cancel);
        Assert.Contains("status=sent (250 2.6.0 ", await postfix.FateOfAsync(Letter.To, cancel), StringComparison.Ordinal);
        Assert.Matches(@"status=deferred \(.*450 4\.2\.1 ", await postfix.FateOfAsync(Second, cancel));

        await inbox.DeferNobodyAsync();
        await postfix.FlushAsync(cancel);
        Assert.Contains("status=sent (250 2.6.0 ", await postfix.FateOfAsync(Second, cancel), StringComparison.Ordinal);
        var taken = await inbox.TakenAsync();
        Assert.Equal([[Letter.To], [Second]], taken.Select(message => message.Received.Envelope.Recipients.ToArray()));
    }

    /// <summary>The bounce has the null reverse-path, and comes to us too: the sender's domain is one of ours.</summary>
    [Theory]
    [InlineData("", "message size [0-9]+ exceeds size limit 65536 of server")]
    [InlineData("smtp_discard_ehlo_keywords = size", "552 5\\.3\\.4 .*in reply to end of DATA command")]
    public async Task What_is_too_large_bounces_to_its_sender(string setting, string reason)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var inbox = await Inbox.StartAsync(domains: ["example.org"], change: smtp => smtp.MaxMessageOctets = 65_536);
        await using var postfix = await PostfixInstance.StartAsync(inbox.Wire.Endpoint, Security.StartTls, [setting, "bounce_size_limit = 1000"], cancel);
        await postfix.SubmitAsync(Letter.From, [Letter.To], Letter.Write(attachment: 100_000), cancel);
        Assert.Matches($@"dsn=5\.3\.4, status=bounced \(.*{reason}", await postfix.FateOfAsync(Letter.To, cancel));
        Assert.Contains("status=sent (250 2.6.0 ", await postfix.FateOfAsync(Letter.From, cancel), StringComparison.Ordinal);

        var bounce = Assert.Single(await inbox.TakenAsync());
        Assert.Equal(("", Letter.From), (bounce.Received.Envelope.From, Assert.Single(bounce.Received.Envelope.Recipients)));
        Assert.Contains("Status: 5.3.4\r\n", Encoding.UTF8.GetString(bounce.Raw), StringComparison.Ordinal);
    }
}
