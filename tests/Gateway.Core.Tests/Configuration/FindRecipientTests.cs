using System.Text;
using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

public sealed class FindRecipientTests
{
    private static readonly GatewayConfiguration Closed = Parse(
        """
        { "name": "in.example.com", "recipients": ["support", "inv-*"], "subaddressing": true },
        { "name": "plain.example.com", "recipients": ["support"] },
        { "name": "tls.example.com", "requireTls": true },
        { "name": "only-detail.example.com", "recipients": ["list+*"] }
        """);

    private static readonly GatewayConfiguration Deferring = Parse(
        """
        { "name": "moving.example", "recipients": ["support", "sales", "list", "boss+vip"], "defer": ["sales", "new-*", "list+out", "boss"], "subaddressing": true },
        { "name": "plain.example", "recipients": ["support"], "defer": ["sales"] },
        { "name": "away.example", "defer": ["*"] },
        { "name": "tls.example", "defer": ["*"], "requireTls": true },
        { "name": "*", "recipients": ["a*"], "defer": ["ab*"] }
        """);

    private static readonly GatewayConfiguration Open = Parse(
        """
        { "name": "in.example.com", "recipients": ["support"] },
        { "name": "All.EXAMPLE", "recipients": ["support", "*"] },
        { "name": "*", "recipients": ["a*"], "requireTls": true }
        """);

    [Theory]
    [InlineData("support", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("SUPPORT", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("SuPPorT+X", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("INV-7", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("\u017fupport", "in.example.com", RecipientStatus.Unknown)] // only ASCII letters have a case
    [InlineData("support+x", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("support+", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("support+a+b", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("+support", "in.example.com", RecipientStatus.Unknown)]
    [InlineData("support-x", "in.example.com", RecipientStatus.Unknown)]
    [InlineData("inv-", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("inv-1+x", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("other", "in.example.com", RecipientStatus.Unknown)]
    [InlineData("", "in.example.com", RecipientStatus.Unknown)]
    [InlineData("support", "sub.in.example.com", RecipientStatus.NotOurDomain)]
    [InlineData("support", "example.com", RecipientStatus.NotOurDomain)]
    [InlineData("support", "[192.0.2.1]", RecipientStatus.NotOurDomain)]
    [InlineData("support+x", "plain.example.com", RecipientStatus.Unknown)]
    [InlineData("list+1", "only-detail.example.com", RecipientStatus.Accepted)]
    [InlineData("list", "only-detail.example.com", RecipientStatus.Unknown)]
    [InlineData("postmaster", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("PostMaster", "plain.example.com", RecipientStatus.Accepted)]
    [InlineData("postmaster", "example.net", RecipientStatus.NotOurDomain)]
    [InlineData("abuse", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("ABUSE", "plain.example.com", RecipientStatus.Accepted)]
    [InlineData("abuse+x", "in.example.com", RecipientStatus.Unknown)]
    [InlineData("abuse+x", "plain.example.com", RecipientStatus.Unknown)]
    [InlineData("abuse", "example.net", RecipientStatus.NotOurDomain)]
    [InlineData("abuse", "tls.example.com", RecipientStatus.NeedsTls)]
    [InlineData("abuse", "", RecipientStatus.Unknown)]
    [InlineData("postmaster", "", RecipientStatus.Accepted)]
    [InlineData("POSTMASTER", "", RecipientStatus.Accepted)]
    [InlineData("support", "", RecipientStatus.Unknown)]
    [InlineData("any", "tls.example.com", RecipientStatus.NeedsTls)]
    [InlineData("postmaster", "tls.example.com", RecipientStatus.NeedsTls)]
    public void Recipient_in_plain_text(string local, string domain, RecipientStatus status) =>
        Assert.Equal(status, Closed.FindRecipient(new(new(local, domain)), overTls: false));

    [Theory]
    [InlineData("any", "tls.example.com", RecipientStatus.Accepted)]
    [InlineData("postmaster", "tls.example.com", RecipientStatus.Accepted)]
    [InlineData("support", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("other", "in.example.com", RecipientStatus.Unknown)]
    public void Recipient_over_tls(string local, string domain, RecipientStatus status) =>
        Assert.Equal(status, Closed.FindRecipient(new(new(local, domain)), overTls: true));

    [Theory]
    [InlineData("support", "in.example.com", false, RecipientStatus.Accepted)]
    [InlineData("abc", "in.example.com", true, RecipientStatus.Unknown)] // its own rule counts, not the one of all
    [InlineData("anything+at.all", "all.example", false, RecipientStatus.Accepted)]
    [InlineData("abc", "else.example", true, RecipientStatus.Accepted)]
    [InlineData("xyz", "else.example", true, RecipientStatus.Unknown)]
    [InlineData("xyz", "else.example", false, RecipientStatus.NeedsTls)]
    [InlineData("abc", "[192.0.2.1]", true, RecipientStatus.Accepted)]
    [InlineData("postmaster", "else.example", true, RecipientStatus.Accepted)]
    [InlineData("abuse", "else.example", true, RecipientStatus.Accepted)]
    public void Recipient_where_every_domain_is_taken(string local, string domain, bool overTls, RecipientStatus status) =>
        Assert.Equal(status, Open.FindRecipient(new(new(local, domain)), overTls));

    [Theory]
    [InlineData("support", "moving.example", RecipientStatus.Accepted)]
    [InlineData("sales", "moving.example", RecipientStatus.Deferred)]
    [InlineData("SALES", "moving.example", RecipientStatus.Deferred)]
    [InlineData("sales+x", "moving.example", RecipientStatus.Deferred)]
    [InlineData("sales+x", "plain.example", RecipientStatus.Unknown)]
    [InlineData("new-1", "moving.example", RecipientStatus.Deferred)] // it is no recipient, and no 550 either
    [InlineData("new-1+x", "moving.example", RecipientStatus.Deferred)]
    [InlineData("list+out", "moving.example", RecipientStatus.Deferred)]
    [InlineData("list+in", "moving.example", RecipientStatus.Accepted)]
    [InlineData("boss+vip", "moving.example", RecipientStatus.Deferred)] // also by the plain name, before it is a recipient by the whole
    [InlineData("new", "moving.example", RecipientStatus.Unknown)]
    [InlineData("any", "away.example", RecipientStatus.Deferred)]
    [InlineData("postmaster", "away.example", RecipientStatus.Accepted)]
    [InlineData("Abuse", "away.example", RecipientStatus.Accepted)]
    [InlineData("abuse+x", "away.example", RecipientStatus.Deferred)]
    [InlineData("any", "tls.example", RecipientStatus.NeedsTls)]
    [InlineData("any", "else.example", RecipientStatus.Accepted)]
    [InlineData("abc", "else.example", RecipientStatus.Deferred)]
    [InlineData("xyz", "else.example", RecipientStatus.Unknown)]
    [InlineData("postmaster", "", RecipientStatus.Accepted)]
    public void Recipient_where_some_are_deferred(string local, string domain, RecipientStatus status) =>
        Assert.Equal(status, Deferring.FindRecipient(new(new(local, domain)), overTls: false));

    [Fact]
    public void Among_thousands_of_recipients_each_is_found()
    {
        var recipients = string.Join(',', Enumerable.Range(0, 20_000).Select(index => $"\"r{index}\""));
        var configuration = Parse($$"""{ "name": "big.example", "recipients": [{{recipients}}, "inv-*"], "subaddressing": true }""");
        Assert.All(["r0", "R19999+x", "INV-1", "inv-1+x"], local => Assert.Equal(RecipientStatus.Accepted, configuration.FindRecipient(new(new(local, "big.example")), overTls: false)));
        Assert.All(["r20000", "r", "xr1", "r1-"], local => Assert.Equal(RecipientStatus.Unknown, configuration.FindRecipient(new(new(local, "big.example")), overTls: false)));
    }

    /// <param name="domains">Elements of the list.</param>
    /// <param name="routes">Elements of the list.</param>
    /// <param name="more">Properties of the document, each with a comma before it.</param>
    internal static GatewayConfiguration Parse(
        string domains,
        string routes = """{ "id": "rest", "priority": 1, "match": {}, "actions": [{ "store": {} }] }""",
        string more = "") =>
        ConfigurationDocument.Parse(Encoding.UTF8.GetBytes($$"""{ "version": 1, "domains": [{{domains}}], "routes": [{{routes}}]{{more}} }""")).Configuration!;
}
