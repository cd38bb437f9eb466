using System.Text;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;

namespace Gateway.Smtp.Tests;

/// <summary>Denied clients in real sessions: by address, behind a proxy, unknown, and while the document changes. By HELO and sender: Transcripts/.</summary>
public sealed class AccessTests
{
    private const string Refused = "550 5.7.1 Refused by policy";
    private const string Taken = "250 2.1.5 ";

    private static readonly ClientIpOptions Proxied = new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.1" };
    private static readonly ClientIpOptions Hidden = new() { Mode = ClientIpMode.Unavailable };

    private readonly LiveConfiguration _live = new();

    [Fact]
    public async Task A_client_of_a_denied_network_reaches_role_addresses_only()
    {
        Deny("127.0.0.0/8");
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await BeginAsync(client);
        await RcptAsync(client, "user@example.net", Refused);
        await RcptAsync(client, "abuse@example.net", Taken);
        await RcptAsync(client, "postmaster", Taken);
    }

    [Fact]
    public async Task A_client_that_is_not_known_is_in_no_network()
    {
        Deny("127.0.0.0/8", "0.0.0.0/0", "::/0");
        await using var server = await StartAsync(Hidden);
        await using var client = await server.ConnectAsync();
        await BeginAsync(client);
        await RcptAsync(client, "user@example.net", Taken);
    }

    [Theory]
    [InlineData("TCP4 203.0.113.7 192.0.2.1", Refused)]
    [InlineData("TCP4 203.0.114.7 192.0.2.1", Taken)]
    [InlineData("TCP6 ::ffff:203.0.113.7 2001:db8::1", Refused)]
    [InlineData("TCP6 2001:db8::7 2001:db8::1", Refused)]
    [InlineData("TCP4 10.0.0.7 192.0.2.1", Taken)] // a private address is none of the client's
    public async Task Behind_a_proxy_the_clients_address_counts_and_not_the_proxys(string header, string answer)
    {
        Deny("127.0.0.0/8", "203.0.113.0/24", "2001:db8::/32", "10.0.0.0/8");
        await using var server = await StartAsync(Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes($"PROXY {header} 51234 25\r\n"));
        await BeginAsync(client);
        await RcptAsync(client, "user@example.net", answer);
    }

    [Fact]
    public async Task A_new_document_counts_from_the_next_recipient_on()
    {
        Deny("192.0.2.0/24");
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await BeginAsync(client);
        await RcptAsync(client, "user@example.net", Taken);
        Deny("127.0.0.1");
        await RcptAsync(client, "user2@example.net", Refused);
        Deny("192.0.2.0/24");
        await RcptAsync(client, "user3@example.net", Taken);
    }

    private static async Task BeginAsync(TestClient client)
    {
        await client.GreetAsync();
        Assert.StartsWith("250 2.1.0 ", await client.AskAsync("MAIL FROM:<a@client.example>"), StringComparison.Ordinal);
    }

    private static async Task RcptAsync(TestClient client, string recipient, string answer) =>
        Assert.StartsWith(answer, await client.AskAsync($"RCPT TO:<{recipient}>"), StringComparison.Ordinal);

    private Task<TestServer> StartAsync(ClientIpOptions? clientIp = null) =>
        TestServer.StartAsync(admission: new ConfigurationAdmission(_live), clientIp: clientIp);

    private void Deny(params string[] networks)
    {
        var result = ConfigurationDocument.Parse(Encoding.UTF8.GetBytes($$"""
            {
              "version": 1,
              "policies": { "access": { "deny": { "networks": ["{{string.Join("\", \"", networks)}}"] } } },
              "domains": [{ "name": "example.net" }],
              "routes": [{ "id": "rest", "priority": 1, "match": {}, "actions": [{ "store": {} }] }]
            }
            """));
        Assert.Empty(result.Errors);
        _live.Replace(result.Configuration!);
    }
}
