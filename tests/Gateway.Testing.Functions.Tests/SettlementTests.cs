using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.Functions.Tests;

public sealed class SettlementTests
{
    [Fact]
    public async Task A_message_whose_function_succeeds_is_completed()
    {
        await using var bench = await Bench.StartAsync();

        await bench.SendAsync("succeed", "1");

        await bench.UntilAsync(counts => counts.Succeeded == 1);
        await Bench.UntilAsync(async () => (await bench.PeekAsync()).Count == 0);
        Assert.Equal(new(1, 1, 0), bench.Host.CountsOf("Act"));
        Assert.Empty(await bench.PeekAsync(SubQueue.DeadLetter));
    }

    [Fact]
    public async Task A_message_whose_function_throws_comes_again_at_once_until_the_queue_gives_it_up()
    {
        // Were it not given back, it would come again when its lock ends: never, in this test's time.
        await using var bench = await Bench.StartAsync(change: queue => queue with { MaxDeliveryCount = 3 });

        await bench.SendAsync("throw", "1");

        var dead = await bench.DeadLetterAsync();
        Assert.Equal("1", dead.MessageId);
        Assert.Equal("MaxDeliveryCountExceeded", dead.DeadLetterReason);
        Assert.Equal(new(3, 0, 3), bench.Host.CountsOf("Act"));
        Assert.Contains(bench.Host.Logs, line => line.Category == "host" && line.Exception?.Contains("Told to throw", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_message_that_its_function_dead_letters_bears_the_reason_and_is_settled_only_once()
    {
        await using var bench = await Bench.StartAsync();

        await bench.SendAsync("dead-letter", "1");

        var dead = await bench.DeadLetterAsync();
        Assert.Equal(("1", "told", "It was told to"), (dead.MessageId, dead.DeadLetterReason, dead.DeadLetterErrorDescription));
        await bench.Host.StopAsync(Bench.Patience);
        Assert.Equal(new(1, 1, 0), bench.Host.CountsOf("Act"));
        Assert.Empty(await bench.PeekAsync());
        Assert.DoesNotContain(bench.Host.Logs, line => line.Text.Contains("Complete failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_its_function_completed_does_not_come_again_when_it_throws_afterwards()
    {
        await using var bench = await Bench.StartAsync();

        await bench.SendAsync("complete-then-throw", "1");

        await bench.UntilAsync(counts => counts.Failed == 1);
        await bench.Host.StopAsync(Bench.Patience);
        Assert.Empty(await bench.PeekAsync());
        Assert.DoesNotContain(bench.Host.Logs, line => line.Text.Contains("Abandon failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_its_function_gives_back_comes_again_though_the_function_succeeds()
    {
        await using var bench = await Bench.StartAsync(change: queue => queue with { MaxDeliveryCount = 2 });

        await bench.SendAsync("abandon", "1");

        Assert.Equal("1", (await bench.DeadLetterAsync()).MessageId);
        await bench.Host.StopAsync(Bench.Patience);
        Assert.Equal(new(2, 2, 0), bench.Host.CountsOf("Act"));
    }

    [Fact]
    public async Task A_lock_is_renewed_for_a_function_that_asks()
    {
        await using var bench = await Bench.StartAsync();

        await bench.SendAsync("renew", "1");

        var call = await bench.Line.NextAsync();
        Assert.Equal("renewed", call.Text);
        call.Answer();
        await bench.UntilAsync(counts => counts.Succeeded == 1);
    }

    [Fact]
    public async Task A_message_whose_invocation_is_over_can_not_be_settled()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SendAsync("remember", "1");
        await Bench.UntilAsync(async () => (await bench.PeekAsync()).Count == 0);

        await bench.SendAsync("settle-remembered", "2");

        Assert.Equal("FailedPrecondition", (await bench.Line.NextAsync()).Text);
    }

    [Fact]
    public async Task A_message_is_left_to_its_lock_where_the_host_is_told_not_to_complete()
    {
        await using var bench = await Bench.StartAsync(new() { ["AzureFunctionsJobHost__extensions__serviceBus__autoCompleteMessages"] = "false" });

        await bench.SendAsync("succeed", "1");
        await bench.UntilAsync(counts => counts.Succeeded == 1);
        await bench.Host.StopAsync(Bench.Patience);

        Assert.Single(await bench.PeekAsync());
        Assert.Equal(1, bench.Faults.ExpireLocks(Bench.Queue));
    }

    [Fact]
    public async Task A_lock_is_renewed_as_long_as_the_function_runs()
    {
        var lockDuration = TimeSpan.FromSeconds(10); // the client renews after half of it: a machine may be slow by the other half
        await using var bench = await Bench.StartAsync(change: queue => queue with { LockDuration = lockDuration });
        await bench.SendAsync("wait", "1");
        var call = await bench.Line.NextAsync();

        // A peek does not show a lock's end. The first lock began before the function did; without renewal the message is anybody's by now, and comes again.
        var end = DateTimeOffset.UtcNow + lockDuration + TimeSpan.FromSeconds(1);
        await Bench.UntilAsync(() => Task.FromResult(DateTimeOffset.UtcNow > end));
        Assert.Equal(1, Assert.Single(await bench.PeekAsync()).DeliveryCount);
        call.Answer();

        await Bench.UntilAsync(async () => (await bench.PeekAsync()).Count == 0);
        Assert.Equal(new(1, 1, 0), bench.Host.CountsOf("Act"));
    }
}
