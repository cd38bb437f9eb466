using System.Net;
using System.Text.Json.Nodes;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Smtp.Protocol;
using Gateway.Testing.Functions;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>Where a message goes must not show in what arrives: SMTP → blob and bus → stages → webhook against the same on one machine.</summary>
[Collection(nameof(CrashTests))]
public sealed class SamePayloadTests
{
    private const int Messages = 100;

    /// <summary>What names the message, the moment or the place, and so differs each time.</summary>
    private static readonly string[] Ignored = ["timestamp", "data.id", "data.receivedAt"];

    /// <summary>Links differ in everything but whether there is one.</summary>
    private static readonly string[] Links = ["data.raw.url", "data.attachments[].url"];

    [Fact]
    public Task A_hundred_messages_of_the_corpus_arrive_as_they_do_on_one_machine() => CompareAsync(async site => (await site.ServeAsync(), null));

    [Fact]
    public Task A_hundred_messages_of_the_corpus_arrive_through_Functions_as_they_do_on_one_machine() =>
        CompareAsync(async site => (await site.ServeWithoutStagesAsync(), await site.RunFunctionsAsync()));

    private static async Task CompareAsync(Func<AzureSite, Task<(GatewayProcess Serve, FunctionsHost? Functions)>> start)
    {
        var files = CorpusTests.Messages();
        var chosen = files.Where((_, number) => number % (files.Count / Messages) == 0).Take(Messages).ToList();
        Assert.Equal(Messages, chosen.Count);
        await using var here = await Receiver.StartAsync();
        await using var there = await Receiver.StartAsync();
        await using var local = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", here.Url)), change: CorpusTests.TakingAnyOctet);
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", there.Url)));
        site.Settings["GATEWAY_Smtp__BareLineEndings"] = nameof(BareLineEndings.Accept);
        var (serve, functions) = await start(site);
        await using var served = serve;
        await using var ran = functions;

        var sent = await SendAsync(chosen, local.Gateway.SmtpEndpoint);
        _ = await SendAsync(chosen, serve.SmtpEndpoint);

        var expected = (await here.TakeAsync(Messages)).ToDictionary(webhook => webhook.To);
        foreach (var webhook in await there.TakeAsync(Messages))
        {
            var (file, raw) = sent[webhook.To];
            Assert.Equal(Comparable(expected[webhook.To]), Comparable(webhook));
            var octets = await MailTests.DownloadAsync(webhook.Data.GetProperty("raw").GetProperty("url").GetString()!);
            Assert.True(raw.AsSpan().SequenceEqual(octets), $"{file} came back changed");
        }

        Assert.Empty(there.Refused);
        Assert.DoesNotContain(serve.Errors, line => line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("crit: ", StringComparison.Ordinal));
        if (functions is not null)
        {
            await functions.StopAsync(TimeSpan.FromSeconds(20));
            Assert.Equal([Messages, Messages], new[] { "Inspect", "Route" }.Select(name => functions.CountsOf(name).Succeeded));
            Assert.True(functions.CountsOf("Deliver") is { Succeeded: >= Messages, Failed: 0 }, "A delivery that finds no free slot runs again; none fails");
            Assert.DoesNotContain(functions.Logs, line => line.Level >= LogLevel.Error);
        }
    }

    private static async Task<Dictionary<string, (string File, byte[] Raw)>> SendAsync(List<string> files, IPEndPoint server)
    {
        using var smtp = await RawSmtp.ConnectAsync(server);
        var sent = new Dictionary<string, (string, byte[])>(StringComparer.Ordinal);
        foreach (var (number, file) in files.Index())
        {
            var raw = CorpusTests.WithCrLf(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            var to = $"file-{number}@in.example.com";
            var reply = await smtp.SendMessageAsync("alice@example.org", [to], raw);
            Assert.True(reply.StartsWith("250 ", StringComparison.Ordinal), $"{file}: {reply}");
            sent.Add(to, (file, raw));
        }

        return sent;
    }

    private static string Comparable(Arrived webhook)
    {
        var payload = JsonNode.Parse(webhook.Payload.GetRawText())!;
        foreach (var path in Ignored)
        {
            Replace([payload], path.Split('.'), _ => "ignored");
        }

        foreach (var path in Links)
        {
            Replace([payload], path.Split('.'), value => value is null ? null : "a link");
        }

        return payload.ToJsonString(new() { WriteIndented = true });
    }

    private static void Replace(IReadOnlyList<JsonNode> nodes, ReadOnlySpan<string> path, Func<JsonNode?, string?> by)
    {
        var name = path[0].TrimEnd('[', ']');
        if (path.Length == 1)
        {
            foreach (var node in nodes)
            {
                Assert.True(node.AsObject().ContainsKey(name), $"There is no {name}");
                node[name] = by(node[name]);
            }

            return;
        }

        var next = nodes.Select(node => node[name]!).SelectMany(node => node is JsonArray array ? array.OfType<JsonNode>() : [node]).ToList();
        Replace(next, path[1..], by);
    }
}
