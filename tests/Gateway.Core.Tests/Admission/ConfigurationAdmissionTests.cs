using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Core.Tests.Configuration;

namespace Gateway.Core.Tests.Admission;

public sealed class ConfigurationAdmissionTests
{
    private static readonly ClientFacts Client = new("203.0.113.7", ClientSource.Socket);

    private readonly LiveConfiguration _live = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_configuration_everybody_is_asked_to_come_again()
    {
        var admission = new ConfigurationAdmission(_live);
        Assert.Same(Replies.NotReady, (await admission.ConnectAsync(Client, Cancel)).Refusal);
        Assert.Same(Replies.NotReady, (await Rcpt(admission, "support", "in.example.com")).Refusal);
        Assert.Same(Replies.NotReady, (await Rcpt(admission, "postmaster", "")).Refusal);
    }

    [Fact]
    public async Task A_configuration_counts_from_the_moment_it_is_there()
    {
        var admission = new ConfigurationAdmission(_live);
        _live.Replace(FindRecipientTests.Parse("""{ "name": "in.example.com" }"""));
        Assert.Null((await admission.ConnectAsync(Client, Cancel)).Refusal);
        Assert.Null((await Rcpt(admission, "support", "in.example.com")).Refusal);
        _live.Replace(FindRecipientTests.Parse("""{ "name": "other.example.com" }"""));
        Assert.Same(Replies.NoRelay, (await Rcpt(admission, "support", "in.example.com")).Refusal);
        Assert.Null((await Rcpt(admission, "support", "other.example.com")).Refusal);
    }

    [Fact]
    public async Task Each_status_has_its_reply()
    {
        var admission = new ConfigurationAdmission(_live);
        _live.Replace(FindRecipientTests.Parse("""{ "name": "in.example.com", "recipients": ["support"], "defer": ["moving"] }, { "name": "tls.example.com", "requireTls": true }"""));
        Assert.Null((await Rcpt(admission, "support", "in.example.com")).Refusal);
        Assert.Null((await Rcpt(admission, "Postmaster", "")).Refusal);
        Assert.Null((await Rcpt(admission, "Abuse", "in.example.com")).Refusal);
        Assert.Same(Replies.MailboxDeferred, (await Rcpt(admission, "moving", "in.example.com")).Refusal);
        Assert.Same(Replies.NoSuchRecipient, (await Rcpt(admission, "other", "in.example.com")).Refusal);
        Assert.Same(Replies.NoRelay, (await Rcpt(admission, "support", "example.net")).Refusal);
        Assert.Same(Replies.TlsRequired, (await Rcpt(admission, "any", "tls.example.com")).Refusal);
        Assert.Null((await Rcpt(admission, "any", "tls.example.com", new TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384"))).Refusal);
    }

    [Fact]
    public async Task Senders_and_messages_are_not_its_business()
    {
        var admission = new ConfigurationAdmission(_live);
        Assert.False(admission.JudgesMessages);
        Assert.Null((await admission.MailAsync(new(Client, "x", null), ReversePath.Null, Cancel)).Refusal);
        Assert.Null((await admission.EndOfDataAsync(Sample.Received, Stream.Null, Cancel)).Refusal);
    }

    [Fact]
    public void A_ruling_nobody_made_has_no_evidence() => Assert.Empty(default(Ruling).Evidence);

    private static async Task<Ruling> Rcpt(ConfigurationAdmission admission, string local, string domain, TlsFacts? tls = null) =>
        await admission.RcptAsync(new(Client, "mail.example.org", tls), ReversePath.Null, new(new(local, domain)), Cancel);
}
