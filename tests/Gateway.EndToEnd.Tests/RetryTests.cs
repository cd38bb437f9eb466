using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.EndToEnd.Tests;

/// <summary>The retry table, through the whole gateway and on a clock that the test moves.</summary>
public sealed class RetryTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_receiver_that_fails_for_three_days_gets_thirteen_requests_and_then_a_dead_letter_is_kept()
    {
        await using var receiver = await Receiver.StartAsync((http, _) => Answer(http, 503), fakeClock: true);
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)), _clock);
        await SendAsync(gateway);
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            var wanted = attempt;
            var retry = await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Retrying && entry.Attempts == wanted);
            Assert.Equal(503, retry.HttpStatus);
            _clock.Advance(retry.Next!.Value - _clock.GetUtcNow());
        }

        var dead = await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.DeadLettered);
        Assert.Equal((13, 503), (dead.Attempts, dead.HttpStatus));
        Assert.Equal(13, receiver.All.Count);
        Assert.Single(receiver.All.Select(webhook => webhook.Id).Distinct());
        var record = Assert.Single((await gateway.Service<IStateStore>().ListAsync("dead-letter", "", null, 10, default)).Entries);
        Assert.Contains(dead.MessageId.ToString(), record.Key.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_answers_422_gets_one_request_and_a_dead_letter_is_kept_with_the_answer()
    {
        await using var receiver = await Receiver.StartAsync(
            async (http, _) =>
            {
                http.Response.StatusCode = 422;
                await http.Response.WriteAsync("no such customer");
            },
            fakeClock: true);
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)), _clock);
        await SendAsync(gateway);
        await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.DeadLettered);
        var record = Assert.Single((await gateway.Service<IStateStore>().ListAsync("dead-letter", "", null, 10, default)).Entries);
        Assert.Contains("no such customer", System.Text.Encoding.UTF8.GetString(record.Value.Span), StringComparison.Ordinal);
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_given_up_after_its_timeout_and_tried_again()
    {
        var first = true;
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await Receiver.StartAsync(
            async (http, _) =>
            {
                if (first)
                {
                    first = false;
                    hanging.SetResult();
                    await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                }
            },
            fakeClock: true);
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)), _clock);
        await SendAsync(gateway);
        await hanging.Task;
        _clock.Advance(TimeSpan.FromSeconds(15));
        var retry = await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Retrying);
        Assert.Null(retry.HttpStatus);
        _clock.Advance(retry.Next!.Value - _clock.GetUtcNow());
        Assert.Equal(2, (await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Delivered)).Attempts);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_and_one_that_closes_and_one_that_redirects_are_tried_again()
    {
        var requests = 0;
        await using var elsewhere = await Receiver.StartAsync(fakeClock: true);
        await using var receiver = await Receiver.StartAsync(
            (http, _) =>
            {
                switch (Interlocked.Increment(ref requests))
                {
                    case 1:
                        http.Abort();
                        return Task.CompletedTask;
                    case 2:
                        http.Response.Headers.Location = elsewhere.Url.ToString();
                        return Answer(http, 307);
                    default:
                        return Task.CompletedTask;
                }
            },
            fakeClock: true);
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)), _clock);
        await SendAsync(gateway);
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var wanted = attempt;
            var retry = await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Retrying && entry.Attempts == wanted);
            _clock.Advance(retry.Next!.Value - _clock.GetUtcNow());
        }

        Assert.Equal(3, (await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Delivered)).Attempts);
        Assert.Empty(elsewhere.All);
    }

    [Fact]
    public async Task A_delivery_that_waits_for_its_retry_goes_on_in_the_next_run()
    {
        var fail = true;
        await using var receiver = await Receiver.StartAsync((http, _) => Answer(http, fail ? 500 : 200), fakeClock: true);
        var configuration = EmbeddedGateway.ToEndpoints(("app", receiver.Url));
        var first = await EmbeddedGateway.StartAsync(configuration, _clock);
        await SendAsync(first);
        var retry = await first.WaitForAsync(entry => entry.Kind == ActivityKind.Retrying);
        var directory = await first.StopAsync();

        fail = false;
        await using var next = await EmbeddedGateway.StartAsync(configuration, _clock, directory: directory);
        _clock.Advance(retry.Next!.Value - _clock.GetUtcNow());
        Assert.Equal(2, (await next.WaitForAsync(entry => entry.Kind == ActivityKind.Delivered)).Attempts);
        Assert.Single(receiver.All.Select(webhook => webhook.Id).Distinct());
    }

    private static Task Answer(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task SendAsync(EmbeddedGateway gateway)
    {
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(MailTests.Message("Retry"));
    }
}
