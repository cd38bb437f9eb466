using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Events;

namespace Gateway.Core.Tests.Configuration;

public sealed class AccessPolicyTests
{
    [Theory]
    [InlineData("192.0.2.0/24", "192.0.2.255", true)]
    [InlineData("192.0.2.0/24", "192.0.3.0", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "192.0.2.7", false)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("0.0.0.0/0", null, false)] // an address that is not known is in no network
    [InlineData("::/0", null, false)]
    public void A_client_is_denied_by_its_network(string network, string? ip, bool refused) =>
        Assert.Equal(refused, Deny($$"""{ "networks": ["198.51.100.0/24", "{{network}}"] }""").Refuses(Session(ip, "mail.client.example"), Sender("a@client.example")));

    [Theory]
    [InlineData("mail.denied.example", "MAIL.Denied.Example", true)]
    [InlineData("mail.denied.example", "mail.denied.example.org", false)]
    [InlineData("*.denied.example", "a.b.denied.example", true)]
    [InlineData("*.denied.example", "denied.example", false)]
    [InlineData("dyn-*", "dyn-1.isp.example", true)]
    [InlineData("[*", "[192.0.2.7]", true)]
    [InlineData("[ipv6:2001:db8:*]", "[IPv6:2001:db8::1]", true)]
    [InlineData("*", "x", true)]
    public void A_client_is_denied_by_what_it_calls_itself(string pattern, string helo, bool refused) =>
        Assert.Equal(refused, Deny($$"""{ "helo": ["other.example", "{{pattern}}"] }""").Refuses(Session(null, helo), Sender("a@client.example")));

    [Theory]
    [InlineData("*@denied.example", "spam@denied.example", true)]
    [InlineData("*@DENIED.example", "Spam@denied.example", true)]
    [InlineData("*@denied.example", "spam@sub.denied.example", false)]
    [InlineData("*@*.denied.example", "spam@a.b.denied.example", true)]
    [InlineData("*@xn--bcher-kva.example", "spam@xn--bcher-kva.example", true)]
    [InlineData("spam@denied.example", "SPAM@denied.example", true)]
    [InlineData("spam@denied.example", "spam+x@denied.example", false)]
    [InlineData("*@[192.0.2.7]", "spam@[192.0.2.7]", true)]
    [InlineData("*@denied.example", "", false)]
    [InlineData("*@*", "", false)]
    [InlineData("<>", "", true)]
    [InlineData("<>", "spam@denied.example", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "spam@denied.example", true)]
    public void A_sender_is_denied_by_its_address(string pattern, string sender, bool refused) =>
        Assert.Equal(refused, Deny($$"""{ "senders": ["other@denied.example", "{{pattern}}"] }""").Refuses(Session("192.0.2.7", "mail.client.example"), Sender(sender)));

    [Theory]
    [InlineData("192.0.2.7", "mail.client.example", "a@client.example", false)] // nothing is denied
    [InlineData("198.51.100.7", "mail.client.example", "a@client.example", true)]
    [InlineData("192.0.2.7", "mail.denied.example", "a@client.example", true)]
    [InlineData("192.0.2.7", "mail.client.example", "a@denied.example", true)]
    [InlineData("198.51.100.200", "mail.denied.example", "a@denied.example", false)] // allowed by network
    [InlineData("198.51.100.7", "mx.friend.example", "a@denied.example", false)] // by HELO
    [InlineData("198.51.100.7", "mail.denied.example", "boss@denied.example", false)] // by sender
    [InlineData(null, "mail.denied.example", "a@client.example", true)]
    [InlineData(null, "mx.friend.example", "a@denied.example", false)]
    public void One_trait_that_is_allowed_takes_every_denial_back(string? ip, string helo, string sender, bool refused)
    {
        var policy = Read("""
            {
              "deny": { "networks": ["198.51.100.0/24"], "helo": ["*.denied.example"], "senders": ["*@denied.example"] },
              "allow": { "networks": ["198.51.100.192/26"], "helo": ["mx.friend.example"], "senders": ["boss@denied.example"] }
            }
            """);
        Assert.Equal(refused, policy.Refuses(Session(ip, helo), Sender(sender)));
    }

    [Fact]
    public void A_document_without_policies_refuses_nobody()
    {
        var policy = FindRecipientTests.Parse("""{ "name": "in.example.com" }""").Access;
        Assert.Same(AccessPolicy.None, policy);
        Assert.False(policy.Refuses(Session("192.0.2.7", "x"), ReversePath.Null));
    }

    [Fact]
    public void The_longest_lists_are_looked_up()
    {
        string List(Func<int, string> entry) => string.Join(',', Enumerable.Range(0, 10_000).Select(index => $"\"{entry(index)}\""));
        var policy = Deny($$"""
            {
              "networks": [{{List(index => $"198.{index / 256}.{index % 256}.0/24")}}],
              "helo": [{{List(index => $"*.h{index}.example")}}],
              "senders": [{{List(index => $"*@s{index}.example")}}]
            }
            """);
        Assert.True(policy.Refuses(Session("198.39.15.200", "x"), Sender("a@b.example")));
        Assert.True(policy.Refuses(Session(null, "mx.H9999.example"), Sender("a@b.example")));
        Assert.True(policy.Refuses(Session(null, "x"), Sender("a@s9999.example")));
        Assert.False(policy.Refuses(Session("198.39.16.0", "mx.h10000.example"), Sender("a@s10000.example")));
    }

    private static AccessPolicy Deny(string deny) => Read($$"""{ "deny": {{deny}} }""");

    private static AccessPolicy Read(string access) =>
        FindRecipientTests.Parse("""{ "name": "in.example.com" }""", more: $$""", "policies": { "access": {{access}} }""").Access;

    private static SessionFacts Session(string? ip, string helo) =>
        new(new(ip, ip is null ? ClientSource.Unknown : ClientSource.Socket), helo, null);

    private static ReversePath Sender(string address) =>
        address.LastIndexOf('@') is var at and > 0 ? new(new(address[..at], address[(at + 1)..])) : ReversePath.Null;
}
