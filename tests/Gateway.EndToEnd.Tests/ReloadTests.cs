using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.EndToEnd.Tests;

/// <summary>A configuration takes hold without a restart, and a bad one never does.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task A_new_document_is_in_force_within_seconds_and_a_bad_one_leaves_the_last_good_one()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(For(receiver, "first.example"));
        Assert.StartsWith("250", await RcptAsync(gateway, "first.example"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.7.1", await RcptAsync(gateway, "second.example"), StringComparison.Ordinal);

        await gateway.WriteConfigurationTextAsync("{ this is not a configuration");
        await gateway.Logs.WaitForAsync(line => line.Contains("line 1: not valid JSON", StringComparison.Ordinal));
        Assert.StartsWith("250", await RcptAsync(gateway, "first.example"), StringComparison.Ordinal);
        await gateway.ReconfigureAsync(For(receiver, "second.example"));
        await gateway.Logs.WaitForAsync(line => line.Contains("is in force", StringComparison.Ordinal) && gateway.Service<LiveConfiguration>().Current!.FindDomain("second.example") is not null);
        Assert.StartsWith("550 5.7.1", await RcptAsync(gateway, "first.example"), StringComparison.Ordinal);

        await gateway.WriteConfigurationTextAsync("""{ "version": 1, "domains": [] }""");
        await gateway.Logs.WaitForAsync(line => line.Contains("domains: must not be empty", StringComparison.Ordinal));
        await gateway.Logs.WaitForAsync(line => line.Contains("routes: is missing", StringComparison.Ordinal));
        Assert.StartsWith("250", await RcptAsync(gateway, "second.example"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_that_no_route_takes_is_kept_as_unrouted_with_its_octets()
    {
        await using var receiver = await Receiver.StartAsync();
        var configuration = For(receiver, "in.example.com");
        configuration["routes"]![0]!["match"] = new JsonObject { ["recipient"] = "somebody-else@in.example.com" };
        await using var gateway = await EmbeddedGateway.StartAsync(configuration);
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(MailTests.Message("Nobody's"));
        var entry = await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Unrouted);
        Assert.Single((await gateway.Service<IStateStore>().ListAsync("unrouted", "", null, 10, default)).Entries);
        await using var raw = await gateway.Service<IMessageStore>().OpenRawAsync(entry.MessageId, default);
        Assert.NotNull(raw);
    }

    [Fact]
    public async Task A_dropped_mail_is_not_delivered_and_a_stored_one_leaves_a_record()
    {
        await using var receiver = await Receiver.StartAsync();
        var configuration = For(receiver, "in.example.com");
        configuration["routes"] = new JsonArray(
            Route("junk", 1, new JsonObject { ["header"] = new JsonObject { ["name"] = "X-Junk", ["value"] = "yes*" } }, new JsonObject { ["drop"] = new JsonObject() }),
            Route("rest", 2, [], new JsonObject { ["store"] = new JsonObject() }));
        await using var gateway = await EmbeddedGateway.StartAsync(configuration);
        using var client = await gateway.ConnectAsync();
        var junk = MailTests.Message("Junk");
        junk.Headers.Add("X-Junk", "YES, really");
        await client.SendAsync(junk);
        await client.SendAsync(MailTests.Message("Letter"));
        Assert.Equal("junk", (await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Dropped)).RouteId);
        Assert.Equal("rest", (await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Stored)).RouteId);
        Assert.Single((await gateway.Service<IStateStore>().ListAsync("stored", "", null, 10, default)).Entries);
        Assert.Empty(receiver.All);
    }

    private static JsonObject Route(string id, int priority, JsonObject match, JsonObject action) => new()
    {
        ["id"] = id,
        ["priority"] = priority,
        ["match"] = match,
        ["actions"] = new JsonArray(action),
        ["stop"] = true,
    };

    private static JsonObject For(Receiver receiver, string domain)
    {
        var configuration = EmbeddedGateway.ToEndpoints(("app", receiver.Url));
        configuration["domains"]![0]!["name"] = domain;
        return configuration;
    }

    private static async Task<string> RcptAsync(EmbeddedGateway gateway, string domain)
    {
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        await smtp.CommandAsync("MAIL FROM:<>");
        return await smtp.CommandAsync($"RCPT TO:<support@{domain}>");
    }
}
