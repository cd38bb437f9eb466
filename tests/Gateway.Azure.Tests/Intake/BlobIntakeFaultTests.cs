using Azure.Messaging.ServiceBus;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Testing.Azurite;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Intake;

public sealed class BlobIntakeFaultTests
{
    private const int Small = 10_000;
    private const int Large = 9_000_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_blob_of_the_same_name_is_never_written_over_nor_deleted(int octets)
    {
        await using var bench = await AzureBench.StartAsync();
        var id = Samples.NewId();
        await bench.Blob(id).UploadAsync(new BinaryData("another's"), Cancel);
        await using (var message = await bench.OpenAsync(id, Samples.Noise(octets)))
        {
            var failure = await Assert.ThrowsAsync<IntakeException>(async () => await message.CommitAsync(Samples.Event(id, Samples.Noise(octets)), Cancel));
            Assert.Equal(IntakeFault.Unavailable, failure.Fault);
        }

        Assert.Equal("another's"u8.ToArray(), await bench.ReadRawAsync(id));
        Assert.Empty(await bench.QueuedAsync());
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=blob", "why=conflict"));
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task An_answer_lost_after_the_blob_was_written_is_a_success(int octets)
    {
        await using var bench = await AzureBench.StartAsync();
        var lost = bench.Proxy.Next(FaultKind.CutAfter, 1, IsLastWrite);
        var id = await bench.AcceptAsync(Samples.Noise(octets), Cancel);
        Assert.Equal(1, lost.Hits);
        Assert.Equal(Samples.Noise(octets), await bench.ReadRawAsync(id));
        Assert.Single(await bench.QueuedAsync());
        Assert.Contains(bench.Proxy.Requests, request => request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(FaultKind.Busy)]
    [InlineData(FaultKind.CutBefore)]
    [InlineData(FaultKind.CutAfter)]
    public async Task A_store_that_fails_for_a_moment_is_tried_again_with_the_same_octets(FaultKind kind)
    {
        await using var bench = await AzureBench.StartAsync();
        bench.Proxy.Next(kind, 2, request => request.Query["comp"] == "block");
        bench.Proxy.Next(kind, 2, IsLastWrite);
        var id = await bench.AcceptAsync(Samples.Noise(Large), Cancel);
        Assert.Equal(Samples.Noise(Large), await bench.ReadRawAsync(id));
        Assert.Single(await bench.QueuedAsync());
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_store_that_stays_busy_is_unavailable_and_nothing_is_sent(int octets)
    {
        await using var bench = await AzureBench.StartAsync(storageRetries: 1);
        bench.Proxy.Next(FaultKind.Busy, int.MaxValue);
        var failure = await Assert.ThrowsAsync<IntakeException>(() => bench.AcceptAsync(Samples.Noise(octets), Cancel));
        Assert.Equal(IntakeFault.Unavailable, failure.Fault);
        Assert.NotNull(failure.InnerException);
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=blob", "why=throttled"));
        Assert.Empty(await bench.QueuedAsync());
        await bench.Meters.UntilAsync(() => bench.Meters.Held.Now == 0);
    }

    [Fact]
    public async Task A_store_that_is_down_is_unavailable_and_takes_mail_when_it_is_back()
    {
        await using var bench = await AzureBench.StartAsync(storageRetries: 0);
        bench.Proxy.IsDown = true;
        await Assert.ThrowsAsync<IntakeException>(() => bench.AcceptAsync(Samples.Noise(Small), Cancel));
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=blob", "why=unavailable"));
        bench.Proxy.IsDown = false;
        Assert.Equal(Samples.Noise(Small), await bench.ReadRawAsync(await bench.AcceptAsync(Samples.Noise(Small), Cancel)));
    }

    [Fact]
    public async Task A_store_that_is_slow_past_the_commits_time_is_unavailable()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var bench = await AzureBench.StartAsync(clock: clock);
        var slow = bench.Proxy.Next(FaultKind.Hold);
        var accept = bench.AcceptAsync(Samples.Noise(Small), Cancel);
        await slow.Arrived;
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(IntakeFault.Unavailable, (await Assert.ThrowsAsync<IntakeException>(() => accept)).Fault);
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=blob", "why=timeout"));
        Assert.Empty(await bench.QueuedAsync());
    }

    [Fact]
    public async Task A_bus_that_is_slow_past_the_commits_time_is_unavailable_and_the_blob_stays()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var bench = await AzureBench.StartAsync(clock: clock);
        bench.Broker.Faults.DelayAnswers(TimeSpan.FromHours(1));
        var accept = bench.AcceptAsync(Samples.Noise(Small), Cancel);
        IReadOnlyList<ServiceBusReceivedMessage> queued;
        while ((queued = await bench.QueuedAsync()).Count == 0)
        {
            await Task.Yield();
        }

        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(IntakeFault.Unavailable, (await Assert.ThrowsAsync<IntakeException>(() => accept)).Fault);
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=bus", "why=timeout"));
        Assert.True(MessageId.TryParse(queued[0].MessageId[..36], out var id));
        Assert.Equal(Samples.Noise(Small), await bench.ReadRawAsync(id));
    }

    [Fact]
    public async Task A_request_that_was_given_up_never_reads_another_messages_octets()
    {
        await using var bench = await AzureBench.StartAsync();
        var slow = bench.Proxy.Next(FaultKind.Hold);
        using var patience = new CancellationTokenSource();
        var (id, raw) = (Samples.NewId(), Samples.Noise(4_000_000)); // more than sockets hold: the request is half-way
        var message = await bench.OpenAsync(id, raw);
        var commit = message.CommitAsync(Samples.Event(id, raw), patience.Token).AsTask();
        await slow.Arrived;
        await patience.CancelAsync();
        await Assert.ThrowsAsync<IntakeException>(() => commit);
        await message.DisposeAsync();
        Assert.Equal(0, bench.Meters.Held.Now);
        await using var next = await bench.OpenAsync(Samples.NewId(), new byte[4_000_000]); // takes the segments of the pool
        slow.Release();
        if (await bench.ReadRawAsync(id) is { } stored)
        {
            Assert.Equal(raw, stored);
        }
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_bus_that_refuses_leaves_the_blob_and_is_unavailable(int octets)
    {
        await using var bench = await AzureBench.StartAsync(bus => bus.MaxRetries = 0);
        bench.Broker.Faults.AnswerQuotaExceeded(1);
        var (id, raw) = (Samples.NewId(), Samples.Noise(octets));
        await using (var message = await bench.OpenAsync(id, raw))
        {
            await message.SealAsync(Cancel);
            var failure = await Assert.ThrowsAsync<IntakeException>(async () => await message.CommitAsync(Samples.Event(id, raw), Cancel));
            Assert.Equal(IntakeFault.Unavailable, failure.Fault);
        }

        Assert.Equal(raw, await bench.ReadRawAsync(id));
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=bus", "why=full"));
    }

    [Fact]
    public async Task An_event_whose_answer_was_lost_and_its_blob_are_both_there()
    {
        await using var bench = await AzureBench.StartAsync(bus => bus.MaxRetries = 0);
        bench.Broker.Faults.LoseAnswers(1);
        var (id, raw) = (Samples.NewId(), Samples.Noise(Small));
        await using (var message = await bench.OpenAsync(id, raw))
        {
            await Assert.ThrowsAsync<IntakeException>(async () => await message.CommitAsync(Samples.Event(id, raw), Cancel));
        }

        Assert.Equal($"{id}:received:0", Assert.Single(await bench.QueuedAsync()).MessageId);
        Assert.Equal(raw, await bench.ReadRawAsync(id));
    }

    [Fact]
    public async Task An_event_that_is_too_large_fails_before_anything_is_stored()
    {
        await using var bench = await AzureBench.StartAsync();
        var (id, raw) = (Samples.NewId(), Samples.Noise(Small));
        await using var message = await bench.OpenAsync(id, raw);
        await Assert.ThrowsAsync<IntakeException>(async () => await message.CommitAsync(Samples.Event(id, raw, StageMessage.MaxBodyOctets), Cancel));
        Assert.Single(bench.Meters.Of("gateway.azure.intake.failures", "what=bus", "why=too_large"));
        Assert.Empty(bench.Proxy.Requests);
    }

    private static bool IsLastWrite(HttpRequest request) =>
        request.Method == "PUT" && request.Query["comp"].ToString() is "" or "blocklist" && request.Path.Value!.Split('/').Length > 3;
}
