using Gateway.Azure;
using Gateway.Azure.Bus;
using Gateway.Azure.Intake;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Links;
using Gateway.Local.Storage;
using Gateway.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Ports.Tests;

/// <summary>What <see cref="IIntake"/> promises, whoever keeps it.</summary>
public abstract class IntakeContract : IAsyncLifetime
{
    public static TheoryData<int> Sizes => [0, 1, 4096, 65_535, 65_536, 65_537, 1_048_576, 9_000_000];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract IIntake Intake { get; }

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await DisposeCoreAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_committed_message_is_there_byte_for_byte_and_its_event_is_queued(int octets)
    {
        var (id, raw) = (MailSamples.NewId(), MailSamples.Noise(octets));
        await using (var message = await OpenAsync(id, raw))
        {
            await message.CommitAsync(MailSamples.Received(id, raw), Cancel);
        }

        Assert.Equal(raw, await ReadRawAsync(id));
        var queued = Assert.Single(await QueuedAsync());
        Assert.Equal(StageMessage.Of(MailSamples.Received(id, raw)).Id, queued.Id);
        Assert.Equal(StageMessage.Of(MailSamples.Received(id, raw)).Body.ToArray(), queued.Body);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Nothing_is_seen_before_the_commit_and_nothing_is_left_without_one(int octets)
    {
        var (id, raw) = (MailSamples.NewId(), MailSamples.Noise(octets));
        await using (await OpenAsync(id, raw))
        {
            Assert.Null(await ReadRawAsync(id));
        }

        Assert.Null(await ReadRawAsync(id));
        Assert.Empty(await QueuedAsync());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_sealed_message_reads_back_wherever_one_looks_and_can_be_committed(int octets)
    {
        var (id, raw) = (MailSamples.NewId(), MailSamples.Noise(octets));
        await using (var message = await OpenAsync(id, raw))
        {
            await using (var octetStream = await message.SealAsync(Cancel))
            {
                Assert.True(octetStream.CanSeek);
                Assert.Equal(octets, octetStream.Length);
                Assert.Equal(raw, await ReadAsync(octetStream));
                octetStream.Position = octets / 2;
                Assert.Equal(raw[(octets / 2)..], await ReadAsync(octetStream));
            }

            Assert.Empty(await QueuedAsync());
            await message.CommitAsync(MailSamples.Received(id, raw), Cancel);
        }

        Assert.Equal(raw, await ReadRawAsync(id));
        Assert.Single(await QueuedAsync());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_sealed_message_that_is_not_taken_leaves_nothing(int octets)
    {
        var (id, raw) = (MailSamples.NewId(), MailSamples.Noise(octets));
        await using (var message = await OpenAsync(id, raw))
        {
            await using var octetStream = await message.SealAsync(Cancel);
            Assert.Equal(raw, await ReadAsync(octetStream));
        }

        Assert.Null(await ReadRawAsync(id));
        Assert.Empty(await QueuedAsync());
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(9_000_000)]
    public async Task A_commit_that_is_given_up_is_a_fault_and_no_event_is_ever_without_its_message(int octets)
    {
        var ids = new List<MessageId>();
        foreach (var moment in (int[])[0, 1, 2, 5, 10, 20])
        {
            var (id, raw) = (MailSamples.NewId(), MailSamples.Noise(octets));
            ids.Add(id);
            using var patience = new CancellationTokenSource();
            await using var message = await OpenAsync(id, raw);
            if (moment == 0)
            {
                await patience.CancelAsync();
            }

            var commit = message.CommitAsync(MailSamples.Received(id, raw), patience.Token).AsTask();
            for (var n = 0; n < moment * 100 && !commit.IsCompleted; n++)
            {
                await Task.Yield();
            }

            await patience.CancelAsync();
            try
            {
                await commit;
            }
            catch (IntakeException e)
            {
                Assert.Equal(IntakeFault.Unavailable, e.Fault);
                Assert.NotNull(e.InnerException);
            }
        }

        foreach (var id in ids)
        {
            if ((await QueuedAsync()).Any(queued => queued.Id.StartsWith(id.ToString(), StringComparison.Ordinal)))
            {
                Assert.Equal(MailSamples.Noise(octets), await ReadRawAsync(id));
            }
        }
    }

    [Fact]
    public async Task Many_messages_at_once_keep_their_own_octets()
    {
        var messages = Enumerable.Range(0, 40).Select(n => (Id: MailSamples.NewId(), Raw: MailSamples.Noise(n * 5000))).ToList();
        await Task.WhenAll(messages.Select(async one =>
        {
            await using var message = await OpenAsync(one.Id, one.Raw);
            await message.CommitAsync(MailSamples.Received(one.Id, one.Raw), Cancel);
        }));
        Assert.Equal(40, (await QueuedAsync()).Count);
        foreach (var (id, raw) in messages)
        {
            Assert.Equal(raw, await ReadRawAsync(id));
        }
    }

    /// <summary>Null when nobody can read it.</summary>
    private protected abstract Task<byte[]?> ReadRawAsync(MessageId id);

    private protected abstract Task<IReadOnlyList<QueuedEvent>> QueuedAsync();

    private protected abstract ValueTask DisposeCoreAsync();

    private protected static async Task<byte[]> ReadAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    /// <summary>Written in pieces, from a buffer that is used again as a socket's is.</summary>
    private async Task<IIntakeMessage> OpenAsync(MessageId id, byte[] raw)
    {
        var message = await Intake.OpenAsync(id, Cancel);
        var buffer = new byte[50_000];
        foreach (var piece in raw.Chunk(buffer.Length))
        {
            piece.CopyTo(buffer, 0);
            await message.WriteAsync(buffer.AsMemory(0, piece.Length), Cancel);
            Array.Clear(buffer);
        }

        return message;
    }
}

public sealed class SqliteIntakeTests : IntakeContract
{
    private SqliteSide? _side;
    private SqliteIntake? _intake;
    private SqliteMessageStore? _store;

    private protected override IIntake Intake => _intake!;

    public override ValueTask InitializeAsync()
    {
        var clock = new FakeTimeProvider(MailSamples.Start);
        _side = new(clock);
        _intake = new(_side.Data, _side.Database, _side.Queue, clock);
        _store = new(_side.Data, _side.Database, new LinkSigner(() => new("http://127.0.0.1/"), new byte[LinkSigner.KeyOctets], clock), new(), clock);
        return ValueTask.CompletedTask;
    }

    private protected override async Task<byte[]?> ReadRawAsync(MessageId id)
    {
        await using var stream = await _store!.OpenRawAsync(id, TestContext.Current.CancellationToken);
        return stream is null ? null : await ReadAsync(stream);
    }

    private protected override Task<IReadOnlyList<QueuedEvent>> QueuedAsync() => Task.FromResult(_side!.Due(StageQueue.Received));

    private protected override ValueTask DisposeCoreAsync()
    {
        _side?.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class BlobIntakeTests : IntakeContract
{
    private BusSide? _side;
    private EventSender? _events;
    private StorageClients? _storage;
    private BlobIntake? _intake;

    private protected override IIntake Intake => _intake!;

    public override async ValueTask InitializeAsync()
    {
        var target = await StorageTarget.GetAsync();
        Assert.SkipUnless(target.Unavailable is null, target.Unavailable ?? "");
        var options = new StorageOptions
        {
            ConnectionString = target.ConnectionString,
            Prefix = $"t{Guid.NewGuid():N}"[..20],
            TryTimeout = TimeSpan.FromSeconds(60), // an emulator on a busy machine
        };
        _storage = new(options, null);
        await _storage.Raw.CreateIfNotExistsAsync();
        _side = await BusSide.StartAsync(new(MailSamples.Start));
        var metrics = new AzureMetrics(new NoMeters());
        _events = new(_side.Clients, metrics);
        _intake = new(_storage, _events, new(), metrics, TimeProvider.System, NullLogger<BlobIntake>.Instance);
    }

    /// <summary>By listing, so that also a blob under a name that was not meant is seen.</summary>
    private protected override async Task<byte[]?> ReadRawAsync(MessageId id)
    {
        var cancel = TestContext.Current.CancellationToken;
        await foreach (var blob in _storage!.Raw.GetBlobsAsync(cancellationToken: cancel))
        {
            if (blob.Name.EndsWith(id.ToString(), StringComparison.Ordinal))
            {
                return (await _storage.Raw.GetBlobClient(blob.Name).DownloadContentAsync(cancel)).Value.Content.ToArray();
            }
        }

        return null;
    }

    private protected override Task<IReadOnlyList<QueuedEvent>> QueuedAsync() => _side!.DueAsync(StageQueue.Received);

    private protected override async ValueTask DisposeCoreAsync()
    {
        if (_storage is not null)
        {
            await _events!.DisposeAsync();
            await _side!.DisposeAsync();
            await _storage.Raw.DeleteIfExistsAsync();
        }
    }
}
