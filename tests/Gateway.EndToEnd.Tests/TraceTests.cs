using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Gateway.EndToEnd.Tests;

/// <summary>One trace from SMTP to the webhook.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task One_trace_spans_the_transaction_the_three_stages_and_the_receiver()
    {
        var spans = new List<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder().AddSource("Gateway.*").AddInMemoryExporter(spans).Build();
        await using var receiver = await Receiver.StartAsync();
        var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        using (var client = await gateway.ConnectAsync())
        {
            await client.SendAsync(MailTests.Message("Traced"));
        }

        var webhook = await receiver.NextAsync();
        await gateway.DisposeAsync(); // ends the spans
        Assert.True(ActivityContext.TryParse(webhook.TraceParent, null, out var context));

        var trace = spans.Where(span => span.TraceId == context.TraceId).ToArray();
        Assert.Contains(trace, span => span.Source.Name == "Gateway.Smtp");
        Assert.Contains(trace, span => span.Source.Name == "Gateway.Local" && span.OperationName == "commit");
        Assert.Equal(["deliver", "inspect", "route"], trace.Where(span => span.Source.Name == "Gateway.Pipeline").Select(span => span.OperationName).Order());
        Assert.Equal(context.SpanId, trace.Single(span => span.OperationName == "deliver").SpanId);

        // A chain: each span's parent is another of the trace, but for the first.
        var ids = trace.Select(span => span.SpanId).ToHashSet();
        Assert.Equal(1, trace.Count(span => !ids.Contains(span.ParentSpanId)));

        // Nobody's address is in a trace.
        Assert.DoesNotContain(trace.SelectMany(span => span.TagObjects), tag => tag.Value?.ToString()?.Contains("example", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task A_webhook_carries_a_trace_context_also_when_nobody_collects_spans()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(MailTests.Message("Untraced"));
        Assert.True(ActivityContext.TryParse((await receiver.NextAsync()).TraceParent, null, out _));
    }
}
