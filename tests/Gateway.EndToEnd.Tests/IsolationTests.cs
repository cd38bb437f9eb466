using System.Text.Json.Nodes;
using Gateway.Core.Events;
using MailKit;
using MimeKit;

namespace Gateway.EndToEnd.Tests;

/// <summary>A failing endpoint repeats alone and holds nobody up (invariant 4).</summary>
public sealed class IsolationTests
{
    [Fact]
    public async Task An_endpoint_that_hangs_on_all_its_slots_does_not_hold_up_a_thousand_mails_to_another()
    {
        const int Mails = 1000;
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hanging = await Receiver.StartAsync((_, _) => letGo.Task);
        await using var healthy = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(TwoEndpoints(hanging.Url, healthy.Url));
        using var client = await gateway.ConnectAsync();
        for (var n = 0; n < 30; n++)
        {
            await SendAsync(client, "a@in.example.com");
        }

        await hanging.TakeAsync(8); // every slot that an endpoint has is taken and stays so
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var other = await gateway.ConnectAsync();
            for (var n = 0; n < Mails / 10; n++)
            {
                await SendAsync(other, "b@in.example.com");
            }
        }));

        Assert.Equal(Mails, (await healthy.TakeAsync(Mails)).Select(webhook => webhook.Id).Distinct().Count());
        Assert.Equal(8, hanging.All.Count); // and none of them timed out meanwhile
        letGo.SetResult();
        await hanging.TakeAsync(22);
        lock (gateway.Story)
        {
            Assert.DoesNotContain(gateway.Story, entry => entry.Kind is ActivityKind.Retrying or ActivityKind.DeadLettered);
        }
    }

    private static JsonObject TwoEndpoints(Uri hanging, Uri healthy)
    {
        var configuration = EmbeddedGateway.ToEndpoints(("hanging", hanging), ("healthy", healthy));
        configuration["endpoints"]![0]!["timeoutSeconds"] = 100;
        configuration["routes"]![0]!["match"] = new JsonObject { ["recipient"] = "a@*" };
        configuration["routes"]![1]!["match"] = new JsonObject { ["recipient"] = "b@*" };
        return configuration;
    }

    private static Task<string> SendAsync(IMailTransport client, string to) =>
        client.SendAsync(FormatOptions.Default, MailTests.Message("Isolation"), new("", "alice@example.org"), [new MailboxAddress("", to)]);
}
