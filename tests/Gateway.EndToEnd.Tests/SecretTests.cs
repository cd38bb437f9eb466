using System.Text;
using System.Text.Json.Nodes;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.EndToEnd.Tests;

/// <summary>A known secret goes in by every door there is; it comes out of none.</summary>
public sealed class SecretTests
{
    [Fact]
    public async Task No_error_path_puts_a_secret_into_a_log_a_record_or_an_activity()
    {
        var answers = new Queue<int>([401, 500, 410]);
        await using var receiver = await Receiver.StartAsync((http, arrived) =>
        {
            http.Response.StatusCode = arrived.To.StartsWith("bad", StringComparison.Ordinal) ? 422 : answers.TryDequeue(out var status) ? status : 200;
            return Task.CompletedTask;
        });
        var configuration = EmbeddedGateway.ToEndpoints(("app", receiver.Url), ("nobody", new("http://127.0.0.1:1/")), ("metadata", new("http://169.254.169.254/")));
        await using var gateway = await EmbeddedGateway.StartAsync(configuration);
        using var client = await gateway.ConnectAsync();
        foreach (var to in (string[])["bad@in.example.com", "a@in.example.com", "b@in.example.com", "c@in.example.com"])
        {
            await client.SendAsync(MimeKit.FormatOptions.Default, MailTests.Message("Secret"), new("", ""), [new MimeKit.MailboxAddress("", to)]);
        }

        await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.DeadLettered && entry.EndpointId == "app");
        await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Parked);
        await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Retrying && entry.EndpointId == "nobody");

        // The mistakes that people make: the secret itself in the configuration, a secret file that is no secret.
        var mistaken = EmbeddedGateway.ToEndpoints(("app", receiver.Url));
        mistaken["endpoints"]![0]!["secrets"] = new JsonArray(EmbeddedGateway.Secret);
        mistaken["endpoints"]![0]!["url"] = $"https://user:{EmbeddedGateway.Secret}@example.com/";
        await gateway.ReconfigureAsync(mistaken);
        await gateway.Logs.WaitForAsync(line => line.Contains("and not the secret itself", StringComparison.Ordinal));

        var needle = EmbeddedGateway.Secret["whsec_".Length..];
        Assert.DoesNotContain(gateway.Logs.Lines, line => line.Contains(needle, StringComparison.Ordinal));
        lock (gateway.Story)
        {
            Assert.DoesNotContain(gateway.Story, entry => entry.ToString().Contains(needle, StringComparison.Ordinal));
        }

        foreach (var collection in (string[])["dead-letter", "unrouted", "stored", "endpoint"])
        {
            var page = await gateway.Service<IStateStore>().ListAsync(collection, "", null, 1000, default);
            Assert.DoesNotContain(page.Entries, entry => Contains(entry.Value.Span, needle) || Contains(entry.Value.Span, "signature="));
        }
    }

    private static bool Contains(ReadOnlySpan<byte> octets, string text) => octets.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
