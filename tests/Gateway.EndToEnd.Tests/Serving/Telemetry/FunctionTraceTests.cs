using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Gateway.EndToEnd.Tests.Crash;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests.Serving.Telemetry;

/// <summary>What <c>gateway serve</c> and the Functions app tell of a message, from SMTP to the webhook, with the processes as they are in Azure.</summary>
public sealed class FunctionTraceTests
{
    private const string Alice = "alice.of.the.trace@example.org";
    private const string Bob = "bob.of.the.trace@in.example.com";
    private static readonly string[] Stages = ["inspect", "route", "deliver"];

    [Fact]
    public async Task One_trace_leads_from_SMTP_through_the_three_functions_to_the_webhook_and_tells_no_secret()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var collector = await Collector.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        foreach (var (name, value) in collector.OtlpSettings)
        {
            site.Settings[name] = value;
        }

        var webhook = await DeliverAsync(site, receiver, collector.OtlpSettings);

        Assert.True(ActivityContext.TryParse(webhook.TraceParent, null, out var context));
        Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
        var trace = collector.Spans.Where(span => span.TraceId == context.TraceId.ToHexString()).ToList();
        Assert.Contains(trace, span => span is { Service: "gateway", Scope: "Gateway.Smtp" });
        var worker = trace.Where(span => span.Service != "gateway").ToList();
        Assert.Equal(Stages.Order(), worker.Where(span => span.Scope == "Gateway.Pipeline").Select(span => span.Name).Order());
        Assert.Equal(
            ["function Deliver", "function Inspect", "function Route"],
            worker.Where(span => span.Scope.StartsWith("Microsoft.Azure.Functions.Worker", StringComparison.Ordinal)).Select(span => span.Name).Order());
        Assert.Equal(context.SpanId.ToHexString(), worker.Single(span => span.Name == "deliver").SpanId);
        AssertChain(trace);

        Assert.Contains(collector.Points, point => point is { Metric: "gateway.pipeline.deliveries", Value: 1 } && point.Tags.Contains("outcome=delivered"));
        Assert.Equal(
            ["queue=deliveries", "queue=inspected", "queue=received"],
            collector.Points.Where(point => point is { Metric: "gateway.azure.queue.oldest", Value: >= 0 }).SelectMany(point => point.Tags).Distinct().Order());
        AssertLogs(collector, context.TraceId.ToHexString());

        Assert.NotEmpty(collector.All);
        foreach (var secret in (string[])
            [
                Alice, Bob, "Something private", EmbeddedGateway.Secret["whsec_".Length..],
                Part(site.FunctionSettings["GATEWAY_Storage__ConnectionString"], "AccountKey="), Part(site.Broker.ConnectionString, "SharedAccessKey="), "sig=",
            ])
        {
            collector.AssertNowhere(secret);
        }
    }

    [Fact]
    public async Task Without_an_exporter_the_webhook_carries_the_trace_that_SMTP_began()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        await using var serve = await site.ServeWithoutStagesAsync();
        await SendAsync(serve);
        await using var client = new ServiceBusClient(site.Broker.ConnectionString);
        await using var peeker = client.CreateReceiver("received");
        var queued = await peeker.PeekMessageAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(ActivityContext.TryParse((string)queued.ApplicationProperties["traceparent"], null, out var begun));

        await using var functions = await site.RunFunctionsAsync();
        Assert.True(ActivityContext.TryParse((await receiver.NextAsync()).TraceParent, null, out var arrived));
        Assert.Equal(begun.TraceId, arrived.TraceId);
    }

    /// <summary>That nobody collects where mail comes in says nothing about where it is worked on, nor about who takes the webhook.</summary>
    [Fact]
    public async Task The_functions_tell_their_spans_also_when_SMTP_tells_none()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var collector = await Collector.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        var webhook = await DeliverAsync(site, receiver, collector.OtlpSettings);
        Assert.True(ActivityContext.TryParse(webhook.TraceParent, null, out var context));
        var trace = collector.Spans.Where(span => span.TraceId == context.TraceId.ToHexString()).ToList();
        Assert.Equal(Stages.Order(), trace.Where(span => span.Scope == "Gateway.Pipeline").Select(span => span.Name).Order());
        Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
    }

    /// <summary>With the token of the app's identity, as where keys are switched off.</summary>
    [Fact]
    public async Task Application_Insights_is_sent_what_the_functions_tell()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only OpenSSL takes a certificate to trust from SSL_CERT_FILE");
        await using var receiver = await Receiver.StartAsync();
        await using var collector = await Collector.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        var webhook = await DeliverAsync(site, receiver, Insights(collector, collector.SecureUrl));
        Assert.True(ActivityContext.TryParse(webhook.TraceParent, null, out var context));
        var tracked = collector.All.Where(posted => posted.Path.EndsWith("/track", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(tracked);
        Assert.All(tracked, posted => Assert.Equal($"Bearer {Collector.Token}", posted.Authorization));
        var items = tracked.SelectMany(posted => System.Text.Encoding.UTF8.GetString(posted.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var trace = items.Where(item => item.Contains(context.TraceId.ToHexString(), StringComparison.Ordinal)).ToList();
        foreach (var stage in Stages)
        {
            Assert.Single(trace, item => item.Contains($"\"name\":\"{stage}\"", StringComparison.Ordinal));
        }

        Assert.Single(items, item => item.Contains("\"message\":\"Inspected ", StringComparison.Ordinal));
        Assert.Single(trace, item => item.Contains("\"message\":\"Inspected ", StringComparison.Ordinal));
        Assert.Contains(items, item => item.Contains("gateway.pipeline.deliveries", StringComparison.Ordinal));
        collector.AssertNowhere(Alice);
        collector.AssertNowhere(Bob);
    }

    /// <summary>What infra's alerts look at comes from here.</summary>
    [Fact]
    public async Task Application_Insights_is_sent_what_serve_tells()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only OpenSSL takes a certificate to trust from SSL_CERT_FILE");
        await using var receiver = await Receiver.StartAsync();
        await using var collector = await Collector.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        foreach (var (name, value) in Insights(collector, collector.SecureUrl))
        {
            site.Settings[name] = value;
        }

        await using var serve = await site.ServeAsync();
        await SendAsync(serve);
        var webhook = await receiver.NextAsync();
        serve.Signal(GatewayProcess.Sigterm);
        Assert.Equal(0, await serve.ExitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));

        Assert.True(ActivityContext.TryParse(webhook.TraceParent, null, out _));
        var tracked = collector.All.Where(posted => posted.Path.EndsWith("/track", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(tracked);
        Assert.All(tracked, posted => Assert.Equal($"Bearer {Collector.Token}", posted.Authorization));
        var text = string.Concat(tracked.Select(posted => System.Text.Encoding.UTF8.GetString(posted.Body)));
        Assert.All(["gateway.smtp.message.size", "gateway.pipeline.deliveries"], name => Assert.Contains(name, text, StringComparison.Ordinal));
        collector.AssertNowhere(Alice);
        collector.AssertNowhere(Bob);
    }

    /// <summary>A token goes through TLS only: the exporter sends nothing, and mail goes on.</summary>
    [Fact]
    public async Task Application_Insights_that_cannot_be_sent_to_holds_up_nothing()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var collector = await Collector.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        await DeliverAsync(site, receiver, Insights(collector, collector.Url));
        Assert.DoesNotContain(collector.All, posted => posted.Path.EndsWith("/track", StringComparison.Ordinal));
    }

    /// <summary>One message, all the way; both processes have ended in order, so all that they tell is told.</summary>
    private static async Task<Arrived> DeliverAsync(AzureSite site, Receiver receiver, IReadOnlyDictionary<string, string> functionSettings)
    {
        await using var functions = await site.RunFunctionsAsync(functionSettings);
        await using var serve = await site.ServeWithoutStagesAsync();
        await SendAsync(serve);
        var webhook = await receiver.NextAsync();
        await functions.InvokeTimerAsync("Measure", TestContext.Current.CancellationToken);
        await functions.StopAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, functions.WorkerStarts);
        Assert.DoesNotContain(functions.Logs, line => line.Level >= LogLevel.Error);
        serve.Signal(GatewayProcess.Sigterm);
        Assert.Equal(0, await serve.ExitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        return webhook;
    }

    private static async Task SendAsync(GatewayProcess serve)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using var smtp = await RawSmtp.ConnectAsync(serve.SmtpEndpoint);
        var raw = System.Text.Encoding.ASCII.GetBytes($"From: {Alice}\r\nTo: {Bob}\r\nSubject: Something private\r\n\r\nAnd more of it\r\n");
        Assert.StartsWith("250 ", await smtp.SendMessageAsync(Alice, [Bob], raw), StringComparison.Ordinal);
    }

    /// <summary>Each parent is in the trace, but for the first span's, and the host's spans, which the host tells.</summary>
    private static void AssertChain(List<OtlpSpan> trace)
    {
        var ids = trace.Select(span => span.SpanId).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            trace.Where(span => !ids.Contains(span.ParentId)),
            span => Assert.True(span.ParentId.Length == 0 || span.Name.StartsWith("function ", StringComparison.Ordinal), $"{span} has no parent"));
    }

    /// <summary>Each line once, in its trace, and none of a level that nobody asked for.</summary>
    private static void AssertLogs(Collector collector, string traceId)
    {
        var worker = collector.Logs.Where(log => log.Service != "gateway").ToList();
        foreach (var text in (string[])["Inspected {MessageId}", "Routed {MessageId}", "Delivered {DeliveryId}"])
        {
            var line = Assert.Single(worker, log => log.Text.StartsWith(text, StringComparison.Ordinal));
            Assert.Equal((9, traceId), (line.Severity, line.TraceId));
            Assert.StartsWith("Gateway.Pipeline.", line.Category, StringComparison.Ordinal);
        }

        Assert.All(worker, log => Assert.InRange(log.Severity, 9, 12));
    }

    private static Dictionary<string, string> Insights(Collector collector, string url) => new()
    {
        ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = $"InstrumentationKey={Guid.NewGuid()};IngestionEndpoint={url}/;LiveEndpoint={url}/",
        ["APPLICATIONINSIGHTS_STATSBEAT_DISABLED"] = "true", // the exporter's own telemetry goes to its maker
        ["SSL_CERT_FILE"] = collector.CertificatePath,
        ["IDENTITY_ENDPOINT"] = collector.Url + "/msi/token",
        ["IDENTITY_HEADER"] = "header-of-the-platform",
        ["TMPDIR"] = collector.Directory, // where it keeps what it could not send, for the next process
    };

    private static string Part(string connectionString, string name) =>
        connectionString.Split(';').Single(part => part.StartsWith(name, StringComparison.Ordinal))[name.Length..];
}
