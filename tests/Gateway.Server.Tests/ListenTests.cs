using System.Net;
using System.Net.Sockets;
using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Tests;

/// <summary>`gateway listen`.</summary>
public sealed class ListenTests
{
    private const string Ready = "receives webhooks at ";

    [Fact]
    public async Task A_signed_webhook_is_verified_and_printed()
    {
        await using var listen = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await Hooks.PostAsync(await UrlAsync(listen), """{ "subject": "hello" }""", Known.Secret));

        Assert.Contains("webhook msg_1: signature valid, 22 B, answered 200", await listen.OutputLineAsync("webhook msg_1"), StringComparison.Ordinal);
        await listen.OutputLineAsync("\"subject\": \"hello\"");
    }

    [Fact]
    public async Task A_wrong_secret_is_answered_401_and_its_payload_not_printed()
    {
        await using var listen = await StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await Hooks.PostAsync(await UrlAsync(listen), """{ "subject": "hello" }""", WebhookSecret.New()));

        Assert.Contains("signature does not match the secret, 22 B, answered 401", await listen.OutputLineAsync("webhook msg_1"), StringComparison.Ordinal);
        Assert.DoesNotContain("hello", listen.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_timestamp_and_a_missing_signature_are_told_apart()
    {
        await using var listen = await StartAsync();
        var url = await UrlAsync(listen);
        using var http = new HttpClient();
        using var unsigned = await http.PostAsync(url, new StringContent("{}"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, unsigned.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await Hooks.PostAsync(url, "{}", Known.Secret, at: DateTimeOffset.UnixEpoch));
        await listen.OutputLineAsync("webhook without id: signature missing or malformed");
        await listen.OutputLineAsync("webhook msg_1: signature too old or too new");
    }

    [Fact]
    public async Task Fail_counts_for_each_delivery()
    {
        await using var listen = await StartAsync("--fail", "503:2");
        var url = await UrlAsync(listen);
        var answers = new List<HttpStatusCode>();

        foreach (var id in new[] { "a", "b", "a", "a", "b", "b", "b" })
        {
            answers.Add(await Hooks.PostAsync(url, "{}", Known.Secret, id));
        }

        var (no, yes) = (HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        Assert.Equal([no, no, no, yes, no, yes, yes], answers);
    }

    [Fact]
    public async Task Fail_without_a_count_is_for_ever()
    {
        await using var listen = await StartAsync("--fail", "500");
        var url = await UrlAsync(listen);

        for (var time = 0; time < 5; time++)
        {
            Assert.Equal(HttpStatusCode.InternalServerError, await Hooks.PostAsync(url, "{}", Known.Secret));
        }
    }

    [Fact]
    public async Task Delay_holds_the_answer_back_and_does_not_hold_up_the_end()
    {
        await using var listen = await StartAsync("--delay", "1h");
        var answer = Hooks.PostAsync(await UrlAsync(listen), "{}", Known.Secret);

        await listen.SignalAsync("TERM");

        Assert.Equal(0, await listen.ExitAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => answer);
    }

    [Fact]
    public async Task A_short_delay_is_over_before_the_answer()
    {
        await using var listen = await StartAsync("--delay", "300ms");
        var begin = TimeProvider.System.GetTimestamp();

        Assert.Equal(HttpStatusCode.OK, await Hooks.PostAsync(await UrlAsync(listen), "{}", Known.Secret));

        Assert.True(TimeProvider.System.GetElapsedTime(begin) >= TimeSpan.FromMilliseconds(290), "answered before the delay was over");
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (exit, output, errors) = await GatewayProcess.RunAsync("listen", "--secret", Known.Secret, "--http", $"{taken.LocalEndpoint}");

        Assert.Equal((4, "", $"gateway: HTTP cannot listen on {taken.LocalEndpoint}: address already in use\n"), (exit, output, errors));
    }

    private static async Task<GatewayProcess> StartAsync(params string[] arguments)
    {
        var listen = GatewayProcess.Start(["listen", "--http", "127.0.0.1:0", "--secret", Known.Secret, .. arguments]);
        await listen.OutputLineAsync(Ready);
        return listen;
    }

    private static async Task<Uri> UrlAsync(GatewayProcess listen) => new((await listen.OutputLineAsync(Ready)).Split(Ready)[1]);
}
