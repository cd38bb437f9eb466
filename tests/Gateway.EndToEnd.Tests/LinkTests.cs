using System.Net;

namespace Gateway.EndToEnd.Tests;

/// <summary>Links to raw messages and parts: for who holds one, as long as it lasts, and never rendered.</summary>
public sealed class LinkTests
{
    [Fact]
    public async Task A_link_is_served_to_be_saved_and_not_shown_and_a_changed_one_is_refused()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(MailTests.Message("Link"));
        var url = (await receiver.NextAsync()).Data.GetProperty("raw").GetProperty("url").GetString()!;

        using var http = new HttpClient();
        using var good = await http.GetAsync(new Uri(url), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        Assert.Equal("attachment", good.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("nosniff", good.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("sandbox", good.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);

        foreach (var changed in (string[])
            [
                url.Replace("message%2Frfc822", "text%2Fhtml", StringComparison.Ordinal),
                url.Replace("expires=1", "expires=2", StringComparison.Ordinal),
                url.Replace("/raw?", "/content.json?", StringComparison.Ordinal),
                url[..^1] + (url[^1] == '0' ? '1' : '0'),
            ])
        {
            Assert.NotEqual(url, changed);
            using var refused = await http.GetAsync(new Uri(changed), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Links_name_the_public_url_with_its_path()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(
            EmbeddedGateway.ToEndpoints(("app", receiver.Url)),
            change: options => options with { PublicUrl = new("https://mail.example.org/gateway") });
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(MailTests.Message("Public"));
        Assert.StartsWith("https://mail.example.org/gateway/links/", (await receiver.NextAsync()).Data.GetProperty("raw").GetProperty("url").GetString(), StringComparison.Ordinal);
    }
}
