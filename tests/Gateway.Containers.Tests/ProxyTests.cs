using System.Net;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.Containers.Tests;

/// <summary>HAProxy in front, as a load balancer is in production: the webhook tells who the client was, whoever claims what.</summary>
[Trait("Category", "slow")]
public sealed class ProxyTests
{
    private static readonly IPAddress Client = IPAddress.Parse("127.0.0.9");
    private static readonly IPAddress Stranger = IPAddress.Parse("127.0.0.66");

    [Theory, InlineData("send-proxy"), InlineData("send-proxy-v2")]
    public async Task The_client_behind_a_proxy_is_told_in_the_webhook(string header)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var wiring = await StartBehindProxyAsync();
        await using var gateway = await GatewayContainer.StartAsync(wiring);
        await using var proxy = await HaProxy.StartAsync(gateway.Smtp, header, cancel);
        var message = LoadMessage.Create(1, 2_000, new(1));
        using var dialogue = new SmtpDialogue();
        await dialogue.ConnectAsync(proxy.Endpoint, Client, cancel);
        await dialogue.GreetAsync(cancel);

        // By now its word counts for nothing, though it comes by way of the proxy.
        await dialogue.SendAsync("PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r\n", cancel);
        Assert.StartsWith("500 5.5.1 ", await dialogue.ReadReplyAsync(cancel));
        await dialogue.BeginDataAsync(message.Recipients, cancel);
        await dialogue.SendAsync(message.Stuffed, cancel);
        Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));

        var webhook = await wiring.Inbox.WaitForAsync(webhook => webhook.Sha256 == message.Sha256);
        Assert.Equal(($"{Client}", "proxy"), (webhook.ClientIp, webhook.ClientSource));
    }

    [Fact]
    public async Task A_header_of_somebody_who_is_not_trusted_gets_no_session()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var wiring = await StartBehindProxyAsync();
        await using var gateway = await GatewayContainer.StartAsync(wiring);
        using var dialogue = new SmtpDialogue();
        await dialogue.ConnectAsync(gateway.Smtp, Stranger, cancel);
        var reply = await dialogue.SayUnwantedAsync("PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r\n", cancel);

        Assert.True(reply is null || reply.StartsWith("421 4.7.0 ", StringComparison.Ordinal), reply);
        Assert.Empty(wiring.Inbox.Taken);
    }

    private static async Task<BrokerWiring> StartBehindProxyAsync()
    {
        var wiring = await BrokerWiring.StartAsync();
        wiring.Settings["GATEWAY_ClientIp__Mode"] = "ProxyRequired";
        wiring.Settings["GATEWAY_ClientIp__TrustedNetworks"] = "127.0.0.1/32";
        return wiring;
    }
}
