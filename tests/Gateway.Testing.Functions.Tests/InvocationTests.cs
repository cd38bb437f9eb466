using System.Text.Json;

namespace Gateway.Testing.Functions.Tests;

public sealed class InvocationTests
{
    [Fact]
    public async Task A_function_sees_the_message_its_metadata_and_its_trace()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SendAsync("describe", "the id", message =>
        {
            message.CorrelationId = "a correlation";
            message.ApplicationProperties["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            message.ApplicationProperties["number"] = 7L;
            message.ApplicationProperties["time"] = new DateTime(2026, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        });

        var call = await bench.Line.NextAsync();
        call.Answer();

        using var json = JsonDocument.Parse(call.Text);
        var seen = json.RootElement;
        Assert.Equal("a body", seen.GetProperty("body").GetString());
        Assert.Equal("the id", seen.GetProperty("MessageId").GetString());
        Assert.Equal("a correlation", seen.GetProperty("CorrelationId").GetString());
        Assert.Equal(1, seen.GetProperty("DeliveryCount").GetInt32());
        Assert.Equal(1, seen.GetProperty("SequenceNumber").GetInt64());
        Assert.Equal("Int64 7", seen.GetProperty("properties").GetProperty("number").GetString());
        Assert.StartsWith("DateTime ", seen.GetProperty("properties").GetProperty("time").GetString(), StringComparison.Ordinal);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", seen.GetProperty("trace").GetString());
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", seen.GetProperty("parent").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("b7ad6b7169203331", seen.GetProperty("parent").GetString(), StringComparison.Ordinal);
        AssertMetadata(seen);
    }

    [Fact]
    public async Task A_worker_has_the_settings_in_its_environment_and_what_its_start_adds()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SendAsync("describe", "1");

        var call = await bench.Line.NextAsync();
        call.Answer();

        using var json = JsonDocument.Parse(call.Text);
        Assert.Equal("as set", json.RootElement.GetProperty("setting").GetString());
        Assert.Equal("1", json.RootElement.GetProperty("start").GetString());
    }

    [Fact]
    public async Task A_function_of_text_gets_the_body_and_metadata_by_name()
    {
        await using var bench = await Bench.StartAsync();
        await using var sender = bench.Client.CreateSender(Bench.TextQueue);
        await sender.SendMessageAsync(new("some text") { MessageId = "m1" }, TestContext.Current.CancellationToken);

        var call = await bench.Line.NextAsync();
        call.Answer();

        Assert.Equal("some text m1 1", call.Text);
    }

    [Fact]
    public async Task A_trigger_may_be_a_dead_letter_subqueue()
    {
        await using var bench = await Bench.StartAsync(new() { ["AzureWebJobs.Bury.Disabled"] = "false" });
        await bench.SendAsync("dead-letter", "1");

        var call = await bench.Line.NextAsync();
        call.Answer();

        Assert.Equal("buried 1 told", call.Text);
    }

    [Fact]
    public async Task A_disabled_function_is_loaded_and_nothing_listens_for_it()
    {
        await using var bench = await Bench.StartAsync(new() { ["AzureWebJobs.Act.Disabled"] = "true" });
        Assert.True(bench.Host.Functions.Single(function => function.Name == "Act").IsDisabled);

        await bench.SendAsync("succeed", "1");
        await using var receiver = bench.Client.CreateReceiver(Bench.Queue);
        var message = await receiver.ReceiveMessageAsync(Bench.Patience, TestContext.Current.CancellationToken);

        Assert.Equal(1, message.DeliveryCount);
        Assert.Equal(new(0, 0, 0), bench.Host.CountsOf("Act"));
    }

    [Fact]
    public async Task A_timer_fires_when_told_and_throws_when_its_function_does()
    {
        await using var bench = await Bench.StartAsync();
        var good = bench.Host.InvokeTimerAsync("Tick", TestContext.Current.CancellationToken);
        var call = await bench.Line.NextAsync();
        Assert.Equal("ticks False", call.Text);
        call.Answer();
        await good;

        var bad = bench.Host.InvokeTimerAsync("Tick", TestContext.Current.CancellationToken);
        (await bench.Line.NextAsync()).Answer("throw");

        var error = await Assert.ThrowsAsync<FunctionFailedException>(() => bad);
        Assert.Contains("Told to throw", error.Message, StringComparison.Ordinal);
        Assert.Equal(new(2, 1, 1), bench.Host.CountsOf("Tick"));
    }

    [Fact]
    public async Task Calls_reach_the_limit_and_do_not_pass_it()
    {
        const int limit = 3;
        await using var bench = await Bench.StartAsync(new() { ["AzureFunctionsJobHost__extensions__serviceBus__maxConcurrentCalls"] = $"{limit}" });
        for (var i = 0; i < 10; i++)
        {
            await bench.SendAsync("wait", $"{i}");
        }

        var waiting = new Queue<TestLine.Call>();
        for (var i = 0; i < 10; i++)
        {
            waiting.Enqueue(await bench.Line.NextAsync());
            Assert.InRange(bench.Host.CountsOf("Act").Running, 1, limit);
            if (i >= limit - 1)
            {
                // All that may run do: only when one ends can another call.
                Assert.Equal(limit, waiting.Count);
                waiting.Dequeue().Answer();
            }
        }

        waiting.ToList().ForEach(call => call.Answer());
        await bench.UntilAsync(counts => counts.Succeeded == 10);
    }

    [Fact]
    public async Task What_a_function_logs_arrives_with_its_category()
    {
        await using var bench = await Bench.StartAsync();

        await bench.SendAsync("succeed", "1");
        await bench.UntilAsync(counts => counts.Succeeded == 1);

        Assert.Contains(bench.Host.Logs, line => line.Text == "Told to succeed" && line.Category == "Gateway.Testing.Functions.Worker.Commands");
    }

    private static void AssertMetadata(JsonElement seen)
    {
        var metadata = seen.GetProperty("metadata");
        Assert.Equal("the id", metadata.GetProperty("MessageId").GetString());
        Assert.Equal("describe", metadata.GetProperty("Subject").GetString());
        Assert.Equal("1", metadata.GetProperty("DeliveryCount").GetString());
        Assert.Equal(seen.GetProperty("LockToken").GetString(), metadata.GetProperty("LockToken").GetString());
        Assert.Equal(
            seen.GetProperty("EnqueuedTime").GetDateTimeOffset(), JsonSerializer.Deserialize<DateTime>(metadata.GetProperty("EnqueuedTimeUtc").GetString()!));
        Assert.Contains("\"number\":7", metadata.GetProperty("ApplicationProperties").GetString(), StringComparison.Ordinal);
    }
}
