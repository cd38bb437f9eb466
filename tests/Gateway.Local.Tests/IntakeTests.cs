using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Tests;

public sealed class IntakeTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SqliteIntake.MaxRowOctets)]
    [InlineData(SqliteIntake.MaxRowOctets + 1)]
    [InlineData(3_000_000)]
    public async Task A_committed_message_and_its_event_are_there_in_the_next_run(int octets)
    {
        using var temp = new TestDirectory();
        var raw = Noise(octets);
        MessageId id;
        using (var first = new LocalStorage(temp))
        {
            id = await first.AcceptAsync(raw);
        }

        using var next = new LocalStorage(temp);
        Assert.Equal(0, next.Sweep.DeleteUnfinished(TimeSpan.Zero));
        Assert.Equal(raw, await next.ReadRawAsync(id));
        var leased = Assert.Single(await next.Queue.LeaseAsync(StageQueue.Received, 10, Lease, default));
        Assert.Equal(id, leased.MessageId);
        Assert.Equal(StageMessage.Of(next.Event(id, raw)).Body.ToArray(), leased.Body.ToArray());
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public async Task A_message_that_is_not_committed_leaves_nothing(int octets)
    {
        using var storage = new LocalStorage();
        var id = MessageId.New(storage.Clock);
        await using (var message = await storage.Intake.OpenAsync(id, default))
        {
            await message.WriteAsync(Noise(octets), default);
        }

        Assert.Null(await storage.ReadRawAsync(id));
        Assert.Empty(Directory.EnumerateFiles(storage.Data.Raw));
        Assert.Empty(await storage.Queue.LeaseAsync(StageQueue.Received, 10, Lease, default));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public async Task A_sealed_message_reads_back_and_can_then_be_committed(int octets)
    {
        using var storage = new LocalStorage();
        var (id, raw) = (MessageId.New(storage.Clock), Noise(octets));
        await using (var message = await storage.Intake.OpenAsync(id, default))
        {
            await message.WriteAsync(raw, default);
            await using (var sealedStream = await message.SealAsync(default))
            {
                Assert.True(sealedStream.CanSeek);
                Assert.Equal(raw, await LocalStorage.ReadAllAsync(sealedStream));
            }

            await message.CommitAsync(storage.Event(id, raw), default);
        }

        Assert.Equal(raw, await storage.ReadRawAsync(id));
    }

    [Fact]
    public async Task What_a_crash_left_in_the_raw_directory_is_swept_at_the_next_start_and_committed_mail_is_not()
    {
        using var temp = new TestDirectory();
        MessageId kept;
        var raw = Noise(200_000);
        using (var first = new LocalStorage(temp))
        {
            kept = await first.AcceptAsync(raw);
            var orphan = await first.Intake.OpenAsync(MessageId.New(first.Clock), default);
            await orphan.WriteAsync(raw, default); // never disposed: the process ended here
            await File.WriteAllTextAsync(Path.Combine(first.Data.Raw, "not-ours"), "x", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(first.Data.Parts, $"{kept}.att-0.new"), "x", TestContext.Current.CancellationToken);
        }

        using var next = new LocalStorage(temp);
        Assert.Equal(3, next.Sweep.DeleteUnfinished(TimeSpan.Zero));
        Assert.Equal(raw, await next.ReadRawAsync(kept));
    }

    [Fact]
    public async Task Fifty_messages_at_once_are_all_taken()
    {
        using var storage = new LocalStorage();
        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => storage.AcceptAsync(Noise(n * 3000))));
        Assert.Equal(50, ids.Distinct().Count());
        foreach (var (n, id) in ids.Index())
        {
            Assert.Equal(Noise(n * 3000), await storage.ReadRawAsync(id));
        }
    }

    [Fact]
    public async Task A_full_database_is_insufficient_storage_and_takes_mail_again_when_there_is_space()
    {
        using var storage = new LocalStorage();
        await LimitPagesAsync(storage, 40);
        var failure = await Assert.ThrowsAsync<IntakeException>(async () =>
        {
            for (var n = 0; n < 100; n++)
            {
                await storage.AcceptAsync(Noise(50_000));
            }
        });
        Assert.Equal(IntakeFault.Full, failure.Fault);
        Assert.NotNull(failure.InnerException);

        await LimitPagesAsync(storage, 1_000_000);
        var raw = Noise(50_000);
        Assert.Equal(raw, await storage.ReadRawAsync(await storage.AcceptAsync(raw)));
    }

    [Fact]
    public async Task In_a_group_the_change_that_fails_fails_alone()
    {
        using var storage = new LocalStorage();
        var raw = Noise(100);
        var twice = MessageId.New(storage.Clock);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(async n =>
        {
            var id = n is 10 or 20 ? twice : MessageId.New(storage.Clock);
            try
            {
                await using var message = await storage.Intake.OpenAsync(id, default);
                await message.WriteAsync(raw, default);
                await message.CommitAsync(storage.Event(id, raw), default);
                return true;
            }
            catch (IntakeException e) when (e.Fault == IntakeFault.Unavailable)
            {
                return false;
            }
        }));
        Assert.Equal(39, outcomes.Count(taken => taken));
    }

    [Fact]
    public async Task A_file_system_without_space_is_insufficient_storage()
    {
        using var mount = SmallFileSystem.Mount();
        using var storage = new LocalStorage(mount.Directory);
        var failure = await Assert.ThrowsAsync<IntakeException>(() => storage.AcceptAsync(Noise(20_000_000)));
        Assert.Equal(IntakeFault.Full, failure.Fault);
        Assert.Empty(Directory.EnumerateFiles(storage.Data.Raw));

        var raw = Noise(1000);
        Assert.Equal(raw, await storage.ReadRawAsync(await storage.AcceptAsync(raw)));
    }

    [Fact]
    public async Task A_database_that_became_read_only_is_unavailable()
    {
        using var storage = new LocalStorage();
        await storage.Database.Commits.WriteAsync(scope => scope.Execute("PRAGMA query_only = ON"));
        foreach (var octets in (int[])[1000, 200_000])
        {
            var failure = await Assert.ThrowsAsync<IntakeException>(() => storage.AcceptAsync(Noise(octets)));
            Assert.Equal(IntakeFault.Unavailable, failure.Fault);
            Assert.NotNull(failure.InnerException);
        }
    }

    [Fact]
    public async Task A_database_that_another_process_holds_fails_all_who_wait_at_once_and_leaves_no_file()
    {
        using var storage = new LocalStorage();
        await storage.Database.Commits.WriteAsync(scope => scope.Execute("PRAGMA busy_timeout = 200"));
        using var other = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = storage.Data.Database, Pooling = false }.ToString());
        other.Open();
        using (var held = other.BeginTransaction())
        {
            using var write = other.CreateCommand();
            write.CommandText = "DELETE FROM state";
            write.ExecuteNonQuery();
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(async n =>
                (await Assert.ThrowsAsync<IntakeException>(() => storage.AcceptAsync(Noise(n % 2 == 0 ? 1000 : 100_000)))).Fault));
            Assert.All(outcomes, fault => Assert.Equal(IntakeFault.Unavailable, fault));
        }

        Assert.Empty(Directory.EnumerateFiles(storage.Data.Raw));
        await storage.AcceptAsync(Noise(1000));
    }

    [Fact]
    public async Task A_commit_that_is_given_up_never_lends_its_buffer_to_another_message()
    {
        using var storage = new LocalStorage();
        using var letGo = new ManualResetEventSlim();
        var blocked = storage.Database.Commits.WriteAsync(_ =>
        {
            letGo.Wait(TestContext.Current.CancellationToken);
            return 0;
        });
        var (id, raw) = (MessageId.New(storage.Clock), Noise(5000));
        using var patience = new CancellationTokenSource();
        await using (var message = await storage.Intake.OpenAsync(id, default))
        {
            await message.WriteAsync(raw, default);
            var commit = message.CommitAsync(storage.Event(id, raw), patience.Token).AsTask();
            await patience.CancelAsync();
            Assert.Equal(IntakeFault.Unavailable, (await Assert.ThrowsAsync<IntakeException>(() => commit)).Fault);
        }

        var next = await storage.Intake.OpenAsync(MessageId.New(storage.Clock), default);
        await next.WriteAsync(new byte[6000], default); // takes a buffer of the pool
        letGo.Set();
        await blocked;
        await storage.Database.Commits.WriteAsync(_ => 0);
        Assert.Equal(raw, await storage.ReadRawAsync(id)); // it was committed after all, with its own octets
        await next.DisposeAsync();
    }

    [Fact]
    public async Task A_file_that_a_failed_commit_left_is_swept_in_time_and_one_being_written_is_not()
    {
        using var storage = new LocalStorage();
        var old = storage.Data.RawPath(MessageId.New(storage.Clock));
        var fresh = storage.Data.RawPath(MessageId.New(storage.Clock));
        await File.WriteAllTextAsync(old, "x", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(fresh, "x", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(old, DateTime.UnixEpoch);
        Assert.Equal(1, storage.Sweep.DeleteUnfinished(TimeSpan.FromHours(2)));
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
    }

    [Fact]
    public async Task A_file_that_is_gone_before_its_commit_is_not_answered_as_kept()
    {
        using var storage = new LocalStorage();
        var (id, raw) = (MessageId.New(storage.Clock), Noise(100_000));
        await using var message = await storage.Intake.OpenAsync(id, default);
        await message.WriteAsync(raw, default);
        File.Delete(storage.Data.RawPath(id));
        Assert.Equal(IntakeFault.Unavailable, (await Assert.ThrowsAsync<IntakeException>(async () => await message.CommitAsync(storage.Event(id, raw), default))).Fault);
    }

    [Fact]
    public async Task A_closed_database_is_unavailable()
    {
        var storage = new LocalStorage();
        storage.Dispose();
        var failure = await Assert.ThrowsAsync<IntakeException>(() => storage.AcceptAsync([1, 2, 3]));
        Assert.Equal(IntakeFault.Unavailable, failure.Fault);
    }

    internal static byte[] Noise(int octets)
    {
        var noise = new byte[octets];
        new Random(octets).NextBytes(noise);
        return noise;
    }

    private static async Task LimitPagesAsync(LocalStorage storage, int pages) =>
        await storage.Database.Commits.WriteAsync(scope => scope.Statement($"PRAGMA max_page_count = {pages}").ExecuteNonQuery());
}
