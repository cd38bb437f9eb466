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

    [Theory]
    [InlineData("support", "in.example.com")]
    [InlineData("unknown", "in.example.com")]
    [InlineData("moving", "in.example.com")]
    [InlineData("any", "tls.example.com")]
    [InlineData("any", "elsewhere.example")]
    [InlineData("abuse+x", "in.example.com")]
    public async Task Who_is_denied_is_told_the_same_of_every_recipient(string local, string domain)
    {
        var admission = Denying("""{ "networks": ["203.0.113.0/24"] }""");
        Assert.Same(Replies.RefusedByPolicy, (await Rcpt(admission, local, domain)).Refusal);
    }

    [Fact]
    public async Task Who_is_denied_reaches_role_addresses_as_anybody_does()
    {
        var admission = Denying("""{ "senders": ["*"] }""");
        Assert.Null((await admission.ConnectAsync(Client, Cancel)).Refusal);
        Assert.Null((await admission.MailAsync(new(Client, "x", null), ReversePath.Null, Cancel)).Refusal);
        Assert.Null((await Rcpt(admission, "ABUSE", "in.example.com")).Refusal);
        Assert.Null((await Rcpt(admission, "postmaster", "in.example.com")).Refusal);
        Assert.Null((await Rcpt(admission, "postmaster", "")).Refusal);
        Assert.Same(Replies.NoRelay, (await Rcpt(admission, "abuse", "elsewhere.example")).Refusal);
        Assert.Same(Replies.TlsRequired, (await Rcpt(admission, "abuse", "tls.example.com")).Refusal);
        Assert.Same(Replies.RefusedByPolicy, (await Rcpt(admission, "support", "in.example.com")).Refusal);
    }

    [Fact]
    public async Task A_denial_counts_from_the_next_recipient_on_and_so_does_its_end()
    {
        var admission = Denying("""{ "networks": ["203.0.113.7"] }""");
        Assert.Same(Replies.RefusedByPolicy, (await Rcpt(admission, "support", "in.example.com")).Refusal);
        Denying("""{ "networks": ["203.0.113.8"] }""");
        Assert.Null((await Rcpt(admission, "support", "in.example.com")).Refusal);
    }

    [Fact]
    public async Task At_MAIL_and_for_messages_it_has_no_say()
    {
        var admission = new ConfigurationAdmission(_live);
        Assert.False(admission.JudgesMessages);
        Assert.Null((await admission.MailAsync(new(Client, "x", null), ReversePath.Null, Cancel)).Refusal);
        Assert.Null((await admission.EndOfDataAsync(Sample.Received, Stream.Null, Cancel)).Refusal);
    }

    [Fact]
    public void A_ruling_nobody_made_has_no_evidence() => Assert.Empty(default(Ruling).Evidence);

    private ConfigurationAdmission Denying(string deny)
    {
        const string domains = """{ "name": "in.example.com", "recipients": ["support"], "defer": ["moving"] }, { "name": "tls.example.com", "requireTls": true }""";
        _live.Replace(FindRecipientTests.Parse(domains, more: $$""", "policies": { "access": { "deny": {{deny}} } }"""));
        return new(_live);
    }

    private static async Task<Ruling> Rcpt(ConfigurationAdmission admission, string local, string domain, TlsFacts? tls = null) =>
        await admission.RcptAsync(new(Client, "mail.example.org", tls), ReversePath.Null, new(new(local, domain)), Cancel);
}
