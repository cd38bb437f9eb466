using System.Net;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Smtp;

namespace Gateway.EndToEnd.Tests;

/// <summary>HAProxy in front: the webhook tells who the client was, by the word of the proxy and of nobody else.</summary>
public sealed class ProxyTests
{
    private static readonly IPAddress Client = IPAddress.Parse("127.0.0.5");
    private static readonly IPAddress Stranger = IPAddress.Parse("127.0.0.66");

    /// <summary>What somebody says of himself.</summary>
    private const string Forged = "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r\n";

    [Theory, InlineData("send-proxy"), InlineData("send-proxy-v2")]
    public async Task The_client_behind_a_proxy_is_told_in_the_webhook(string header)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await StartAsync(receiver, trusted: "127.0.0.1");
        await using var proxy = await HaProxy.StartAsync(gateway.Gateway.SmtpEndpoint, header, cancel);
        using var dialogue = new SmtpDialogue();
        await dialogue.ConnectAsync(proxy.Endpoint, Client, cancel);
        await dialogue.GreetAsync(cancel);
        await DeliverAsync(dialogue, cancel);

        AssertClient(await receiver.NextAsync(), $"{Client}", "proxy");
    }

    /// <summary>The proxy puts its own header before the client's, which is then no command.</summary>
    [Theory, InlineData("send-proxy"), InlineData("send-proxy-v2")]
    public async Task What_a_client_says_of_itself_through_a_proxy_counts_for_nothing(string header)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await StartAsync(receiver, trusted: "127.0.0.1");
        await using var proxy = await HaProxy.StartAsync(gateway.Gateway.SmtpEndpoint, header, cancel);
        using var dialogue = new SmtpDialogue();
        await dialogue.ConnectAsync(proxy.Endpoint, Client, cancel);
        await dialogue.SendAsync(Forged, cancel); // as early as can be
        Assert.StartsWith("220 ", await dialogue.ReadReplyAsync(cancel));
        Assert.StartsWith("500 5.5.1 ", await dialogue.ReadReplyAsync(cancel));
        await dialogue.SendAsync("EHLO client.example\r\n" + Forged, cancel);
        Assert.StartsWith("250 ", await dialogue.ReadReplyAsync(cancel));
        Assert.StartsWith("500 5.5.1 ", await dialogue.ReadReplyAsync(cancel));
        await DeliverAsync(dialogue, cancel);
        AssertClient(await receiver.NextAsync(), $"{Client}", "proxy");
    }

    [Fact]
    public async Task A_header_of_somebody_who_is_not_trusted_gets_no_session()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await StartAsync(receiver, trusted: "127.0.0.1");
        using var dialogue = new SmtpDialogue();
        await dialogue.ConnectAsync(gateway.Gateway.SmtpEndpoint, Stranger, cancel);

        AssertRefused(await dialogue.SayUnwantedAsync(Forged, cancel));
        Assert.Empty(receiver.All);
    }

    /// <summary>A proxy that the gateway does not know is one more stranger.</summary>
    [Fact]
    public async Task A_proxy_that_is_not_trusted_gets_no_session()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await StartAsync(receiver, trusted: "10.0.0.0/8");
        await using var proxy = await HaProxy.StartAsync(gateway.Gateway.SmtpEndpoint, "send-proxy-v2", cancel);
        using var dialogue = new SmtpDialogue();
        await dialogue.ConnectAsync(proxy.Endpoint, Client, cancel);

        AssertRefused(await dialogue.SayUnwantedAsync("", cancel));
        Assert.Empty(receiver.All);
    }

    private static void AssertRefused(string? reply) => Assert.True(reply is null || reply.StartsWith("421 4.7.0 ", StringComparison.Ordinal), reply);

    private static Task<EmbeddedGateway> StartAsync(Receiver receiver, string trusted) => EmbeddedGateway.StartAsync(
        EmbeddedGateway.ToEndpoints(("app", receiver.Url)),
        change: options => options with { ClientIp = new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = trusted } });

    private static async Task DeliverAsync(SmtpDialogue dialogue, CancellationToken cancel)
    {
        var message = LoadMessage.Create(1, 2_000, new(1));
        await dialogue.BeginDataAsync(message.Recipients, cancel);
        await dialogue.SendAsync(message.Stuffed, cancel);
        Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));
    }

    private static void AssertClient(Arrived webhook, string ip, string source)
    {
        var client = webhook.Data.GetProperty("client");
        Assert.Equal((ip, source), (client.GetProperty("ip").GetString(), client.GetProperty("source").GetString()));
    }
}
