using System.Collections.Concurrent;
using Gateway.Azure.Intake;

namespace Gateway.Azure.Tests.Intake;

public sealed class StagingBufferTests : IDisposable
{
    private const int Segment = SegmentBudget.SegmentOctets;
    private const int MiB = 1024 * 1024;

    private readonly TestMeters _meters = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _meters.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Segment - 1)]
    [InlineData(Segment)]
    [InlineData(Segment + 1)]
    [InlineData(4 * MiB)]
    public async Task What_fits_is_whole_in_memory_and_nothing_is_staged(int octets)
    {
        using var message = new Written(Budget(64 * MiB));
        await message.WriteAsync(Samples.Noise(octets));
        var whole = await message.Buffer.FinishAsync(Cancel);
        Assert.NotNull(whole);
        Assert.Equal(Samples.Noise(octets), await ReadAsync(new SegmentStream(whole)));
        Assert.Empty(message.Blocks);
    }

    [Theory]
    [InlineData((4 * MiB) + 1)]
    [InlineData(30 * MiB)]
    public async Task More_than_a_block_is_staged_in_blocks_of_4_MiB_while_memory_is_free(int octets)
    {
        using var message = new Written(Budget(64 * MiB));
        await message.WriteAsync(Samples.Noise(octets));
        Assert.Null(await message.Buffer.FinishAsync(Cancel));
        Assert.Equal(Samples.Noise(octets), message.Staged());
        Assert.All(message.Blocks.SkipLast(1), block => Assert.Equal(4 * MiB, block.Length));
    }

    [Fact]
    public async Task The_more_is_held_the_less_one_may_hold()
    {
        var budget = Budget(16 * MiB);
        Assert.Equal(2 * MiB, budget.Limit * Segment);
        using (var alone = new Written(budget))
        {
            await alone.FinishAsync(new byte[4 * MiB]);
            Assert.Equal(28 * Segment, alone.Blocks[0].Length); // an eighth of what it left free
        }

        using var other = new Written(budget);
        await other.WriteAsync(new byte[MiB]);
        using var second = new Written(budget);
        await second.FinishAsync(new byte[4 * MiB]);
        Assert.Equal(26 * Segment, second.Blocks[0].Length);
        Assert.Empty(other.Blocks); // nobody had to wait
    }

    [Fact]
    public async Task A_thousand_stalled_clients_never_starve_the_others()
    {
        var budget = Budget(4 * MiB);
        var stalled = new List<Written>();
        for (var n = 0; n < 1000; n++) // each sends all it may hold and more, and then nothing: not one of these writes may hang
        {
            stalled.Add(new(budget));
            await stalled[n].WriteAsync(Samples.Noise(100_000 + n));
        }

        using var other = new Written(budget);
        await other.WriteAsync(Samples.Noise(8 * MiB));
        Assert.Null(await other.Buffer.FinishAsync(Cancel));
        Assert.Equal(Samples.Noise(8 * MiB), other.Staged());
        for (var n = 0; n < stalled.Count; n++)
        {
            Assert.Null(await stalled[n].FinishAsync(new byte[10]));
            Assert.Equal([.. Samples.Noise(100_000 + n), .. new byte[10]], stalled[n].Staged());
            stalled[n].Dispose();
        }

        Assert.InRange(_meters.Held.Peak, Segment, 4 * MiB);
    }

    [Fact]
    public async Task A_client_that_stalls_with_a_block_under_way_frees_that_and_then_the_rest_for_who_waits()
    {
        var budget = Budget(4 * MiB);
        var gate = new TaskCompletionSource();
        using var stalled = new Written(budget, _ => gate.Task);
        await stalled.WriteAsync(Samples.Noise(12 * Segment)); // 7 under way, 5 filling
        Assert.Equal(5, stalled.Buffer.Held);
        using var committing = new Written(budget);
        await FillAsync(budget, committing, 52);
        var others = Enumerable.Range(0, 12).Select(_ => new Written(budget)).ToList();
        var writes = others.Select(other => other.FinishAsync(new byte[1]).AsTask()).ToList();
        await _meters.UntilAsync("gateway.azure.intake.waits");
        gate.SetResult();
        await Task.WhenAll(writes);
        Assert.Equal(0, stalled.Buffer.Held);
        others.ForEach(other => other.Dispose());
    }

    [Fact]
    public async Task Fifty_messages_of_8_MB_at_once_with_4_MiB_of_memory_all_succeed()
    {
        var budget = Budget(4 * MiB);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            var raw = Samples.Noise(8_000_000 + n);
            using var message = new Written(budget);
            foreach (var piece in raw.Chunk(60_000))
            {
                await message.WriteAsync(piece);
                await Task.Yield();
            }

            Assert.Null(await message.Buffer.FinishAsync(Cancel));
            Assert.True(raw.AsSpan().SequenceEqual(message.Staged()));
        }));
        Assert.InRange(_meters.Held.Peak, Segment, 4 * MiB);
        Assert.Equal(0, _meters.Held.Now);
    }

    [Fact]
    public async Task Who_waits_for_memory_holds_none_and_waits_no_longer_than_its_caller()
    {
        var budget = Budget(4 * MiB);
        using var committing = new Written(budget);
        await FillAsync(budget, committing, 63); // nobody may stage it
        using var waiter = new Written(budget);
        await waiter.WriteAsync(Samples.Noise(Segment));
        using var other = new Written(budget);
        await other.FinishAsync(new byte[1]); // for this the waiter's segment was staged
        using var patience = new CancellationTokenSource();
        var write = waiter.Buffer.WriteAsync(new byte[1], patience.Token).AsTask();
        Assert.False(write.IsCompleted);
        Assert.Equal(0, waiter.Buffer.Held);
        Assert.Equal(Samples.Noise(Segment), waiter.Staged());
        await patience.CancelAsync();
        await Assert.ThrowsAsync<MemoryShortException>(() => write);

        committing.Dispose();
        using var next = new Written(budget);
        await next.WriteAsync(Samples.Noise(MiB));
    }

    [Fact]
    public async Task All_who_wait_are_served_when_memory_comes_back()
    {
        var budget = Budget(4 * MiB);
        using var holder = new Written(budget);
        await FillAsync(budget, holder, 64);
        var served = new ConcurrentQueue<int>();
        var waiters = Enumerable.Range(0, 3).Select(_ => new Written(budget)).ToList();
        var writes = waiters.Index().Select(async pair =>
        {
            await pair.Item.WriteAsync(new byte[1]);
            served.Enqueue(pair.Index);
        }).ToList();
        holder.Dispose();
        await Task.WhenAll(writes);
        Assert.Equal(3, served.Count);
        waiters.ForEach(waiter => waiter.Dispose());
        Assert.Equal(0, _meters.Held.Now);
    }

    [Fact]
    public async Task A_block_that_cannot_be_stored_fails_the_message_at_its_next_call_and_gives_its_memory_back()
    {
        var budget = Budget(4 * MiB);
        using var message = new Written(budget, _ => Task.FromException(new IOException("no store")));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await message.WriteAsync(new byte[Segment]);
            }
        });
        await Assert.ThrowsAsync<IOException>(async () => await message.Buffer.FinishAsync(Cancel));
        message.Dispose();
        await _meters.UntilAsync(() => _meters.Held.Now == 0);
    }

    [Fact]
    public async Task A_failed_message_whose_client_is_silent_gives_its_memory_up_too()
    {
        var budget = Budget(4 * MiB);
        var failed = new List<Written>();
        for (var n = 0; n < 100; n++)
        {
            failed.Add(new(budget, _ => Task.FromException(new IOException("no store"))));
            try
            {
                await failed[n].WriteAsync(new byte[3 * Segment]);
            }
            catch (IOException)
            {
                // That is how it learns; it is not disposed for a while.
            }
        }

        using var other = new Written(budget);
        await other.WriteAsync(Samples.Noise(MiB));
        failed.ForEach(message => message.Dispose());
    }

    [Fact]
    public async Task Disposing_ends_a_block_that_is_under_way()
    {
        var budget = Budget(64 * MiB);
        var ended = new TaskCompletionSource();
        var message = new StagingBuffer(budget, async (_, cancel) =>
        {
            using var registration = cancel.Register(ended.SetResult);
            await ended.Task;
            cancel.ThrowIfCancellationRequested();
        });
        await message.WriteAsync(new byte[5 * MiB], Cancel);
        message.Dispose();
        await ended.Task;
    }

    [Fact]
    public async Task What_is_given_back_is_never_staged_at_the_same_time()
    {
        const int Rounds = 50_000;
        var (torn, round, pressed, metrics) = (0, 0, 0, new AzureMetrics(_meters));
        StagingBuffer? current = null;
        var other = Task.Factory.StartNew(() =>
        {
            for (var n = 1; n <= Rounds; n++)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref round) == n);
                current!.StageIfIdle(); // as another message's client would
                Volatile.Write(ref pressed, n);
            }
        }, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var n = 1; n <= Rounds; n++)
        {
            current = new(new(4 * MiB, metrics), (block, _) =>
            {
                Interlocked.Add(ref torn, block.Octets == 0 ? 1 : 0);
                return Task.CompletedTask;
            });
            await current.WriteAsync(new byte[1], Cancel);
            Volatile.Write(ref round, n);
            current.Release();
            current.Dispose();
            SpinWait.SpinUntil(() => Volatile.Read(ref pressed) == n);
        }

        await other;
        Assert.Equal(0, torn);
    }

    [Fact]
    public async Task A_stream_reads_again_for_each_try_and_never_after_its_segments_went_back()
    {
        using var message = new Written(Budget(64 * MiB));
        var raw = Samples.Noise((3 * Segment) + 17);
        await message.WriteAsync(raw);
        var stream = new SegmentStream((await message.Buffer.FinishAsync(Cancel))!);
        Assert.Equal(raw, await ReadAsync(stream));
        Assert.Equal(0, await stream.ReadAsync(new byte[10], Cancel));
        stream.Position = Segment - 3;
        Assert.Equal(raw[(Segment - 3)..], await ReadAsync(stream));
        Assert.Equal(raw.Length - 1, stream.Seek(-1, SeekOrigin.End));
        Assert.Equal(raw[^1], stream.ReadByte());
        stream.Position = 0;
        stream.Detach();
        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    /// <summary>A message that holds so many segments, and that nobody can press.</summary>
    private static async Task<Segments?> FillAsync(SegmentBudget budget, Written message, int segments)
    {
        var whole = await message.Buffer.FinishAsync(Cancel);
        for (var n = 0; n < segments; n++)
        {
            whole!.Add(budget.TryTake(message.Buffer)!);
        }

        return whole;
    }

    private SegmentBudget Budget(long octets) => new(octets, new(_meters));

    /// <summary>A buffer whose blocks are kept.</summary>
    private sealed class Written : IDisposable
    {
        public Written(SegmentBudget budget, Func<Segments, Task>? stage = null) =>
            Buffer = new(budget, async (block, cancel) =>
            {
                await (stage?.Invoke(block) ?? Task.CompletedTask);
                Blocks.Add(await ReadAsync(new SegmentStream(block)));
            });

        public StagingBuffer Buffer { get; }

        public List<byte[]> Blocks { get; } = [];

        public ValueTask WriteAsync(ReadOnlyMemory<byte> octets) => Buffer.WriteAsync(octets, Cancel);

        public async ValueTask<Segments?> FinishAsync(byte[] last)
        {
            await WriteAsync(last);
            return await Buffer.FinishAsync(Cancel);
        }

        public byte[] Staged() => [.. Blocks.SelectMany(block => block)];

        public void Dispose() => Buffer.Dispose();
    }
}
