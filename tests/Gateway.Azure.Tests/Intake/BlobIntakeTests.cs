using System.Diagnostics;
using Gateway.Azure.Intake;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Testing.Azurite;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Intake;

public sealed class BlobIntakeTests
{
    private const int Small = 10_000;
    private const int Large = 9_000_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_small_message_is_one_conditional_put_and_one_event()
    {
        await using var bench = await AzureBench.StartAsync();
        var id = await bench.AcceptAsync(Samples.Noise(Small), Cancel);
        Assert.StartsWith("PUT ", Assert.Single(bench.Proxy.Requests), StringComparison.Ordinal);
        Assert.DoesNotContain("comp=", bench.Proxy.Requests.Single(), StringComparison.Ordinal);
        Assert.Equal(Samples.Noise(Small), await bench.ReadRawAsync(id));
        var queued = Assert.Single(await bench.QueuedAsync());
        Assert.Equal(StageMessage.Of(Samples.Event(id, Samples.Noise(Small))).Body.ToArray(), queued.Body.ToArray());
    }

    [Fact]
    public async Task A_large_message_is_staged_while_it_arrives_and_seen_by_nobody_before_its_commit()
    {
        await using var bench = await AzureBench.StartAsync();
        var (id, raw) = (Samples.NewId(), Samples.Noise(Large));
        await using var message = await bench.OpenAsync(id, raw);
        Assert.NotEmpty(bench.Proxy.Requests);
        Assert.All(bench.Proxy.Requests, request => Assert.Contains("comp=block&", request, StringComparison.Ordinal));
        Assert.Null(await bench.ReadRawAsync(id));
        await message.CommitAsync(Samples.Event(id, raw), Cancel);
        Assert.Equal(raw, await bench.ReadRawAsync(id));
        Assert.Equal(3, bench.Proxy.Requests.Count(request => request.Contains("comp=block&", StringComparison.Ordinal)));
    }

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
        var clock = new FakeTimeProvider();
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

    [Fact]
    public async Task Ten_large_messages_at_once_share_4_MiB()
    {
        await using var bench = await AzureBench.StartAsync(intake: new() { MaxHeldOctets = 4 * 1024 * 1024 });
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => bench.AcceptAsync(Samples.Noise(3_000_000 + n), Cancel)));
        foreach (var (n, id) in ids.Index())
        {
            Assert.Equal(Samples.Noise(3_000_000 + n), await bench.ReadRawAsync(id));
        }

        Assert.InRange(bench.Meters.Held.Peak, 1, 4 * 1024 * 1024);
        Assert.Equal(0, bench.Meters.Held.Now);
    }

    [Fact]
    public async Task The_points_of_the_durable_path_are_told_to_who_listens()
    {
        await using var bench = await AzureBench.StartAsync();
        var points = new Points();
        using var all = DiagnosticListener.AllListeners.Subscribe(points);
        await bench.AcceptAsync(Samples.Noise(Large), Cancel);
        Assert.Equal(["blob.staged", "blob.stored", "event.accepted", "event.sending"], points.Seen.Distinct().Order(StringComparer.Ordinal)); // other tests run at the same time
    }

    [Fact]
    public void Options_say_all_that_is_wrong()
    {
        Assert.Empty(new BlobIntakeOptions().Problems());
        Assert.Equal(2, new BlobIntakeOptions { MaxHeldOctets = 1, CommitTimeout = TimeSpan.FromHours(1) }.Problems().Count());
    }

    private static bool IsLastWrite(HttpRequest request) =>
        request.Method == "PUT" && request.Query["comp"].ToString() is "" or "blocklist" && request.Path.Value!.Split('/').Length > 3;

    private sealed class Points : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Seen { get; } = [];

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Gateway.Azure")
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value) => Seen.Enqueue(value.Key);

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
