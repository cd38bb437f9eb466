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

    private static readonly GatewayConfiguration Open = Parse(
        """
        { "name": "in.example.com", "recipients": ["support"] },
        { "name": "*", "recipients": ["a*"], "requireTls": true }
        """);

    [Theory]
    [InlineData("support", "in.example.com", RecipientStatus.Accepted)]
    [InlineData("SUPPORT", "in.example.com", RecipientStatus.Accepted)]
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
    [InlineData("abc", "else.example", true, RecipientStatus.Accepted)]
    [InlineData("xyz", "else.example", true, RecipientStatus.Unknown)]
    [InlineData("xyz", "else.example", false, RecipientStatus.NeedsTls)]
    [InlineData("abc", "[192.0.2.1]", true, RecipientStatus.Accepted)]
    [InlineData("postmaster", "else.example", true, RecipientStatus.Accepted)]
    public void Recipient_where_every_domain_is_taken(string local, string domain, bool overTls, RecipientStatus status) =>
        Assert.Equal(status, Open.FindRecipient(new(new(local, domain)), overTls));

    internal static GatewayConfiguration Parse(
        string domains,
        string routes = """{ "id": "rest", "priority": 1, "match": {}, "actions": [{ "store": {} }] }""") =>
        ConfigurationDocument.Parse(Encoding.UTF8.GetBytes($$"""{ "version": 1, "domains": [{{domains}}], "routes": [{{routes}}] }""")).Configuration!;
}
