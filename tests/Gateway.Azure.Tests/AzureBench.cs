using Azure.Messaging.ServiceBus;
using Azure.Storage.Blobs;
using Gateway.Azure.Bus;
using Gateway.Azure.Intake;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Testing.Azurite;
using Gateway.Testing.ServiceBus;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Azure.Tests;

/// <summary>The adapters over a broker of the test's own and the shared storage, with containers of the test's own behind a proxy that makes faults.</summary>
internal sealed class AzureBench : IAsyncDisposable
{
    private readonly StorageClients _direct;
    private readonly ServiceBusClient _reader;

    private AzureBench(ServiceBusBroker broker, FaultProxy proxy, StorageClients direct, StorageOptions storage, BusOptions bus, BlobIntakeOptions intake, TimeProvider clock)
    {
        (Broker, Proxy, _direct) = (broker, proxy, direct);
        Bus = new(bus, null);
        Metrics = new(Meters);
        Events = new(Bus, Metrics);
        Intake = new(new(storage, null), Events, intake, Metrics, clock, NullLogger<BlobIntake>.Instance);
        _reader = new(broker.ConnectionString);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TestMeters Meters { get; } = new();

    public ServiceBusBroker Broker { get; }

    public FaultProxy Proxy { get; }

    public BusClients Bus { get; }

    public AzureMetrics Metrics { get; }

    public EventSender Events { get; }

    public BlobIntake Intake { get; }

    public static async Task<AzureBench> StartAsync(
        Action<BusOptions>? configureBus = null, BlobIntakeOptions? intake = null, TimeProvider? clock = null, int storageRetries = 3)
    {
        var target = await StorageTarget.GetAsync();
        Assert.SkipUnless(target.Unavailable is null, target.Unavailable ?? "");
        var storage = new StorageOptions { ConnectionString = target.ConnectionString, Prefix = $"t{Guid.NewGuid():N}"[..20] };
        var direct = new StorageClients(storage, null);
        await direct.Raw.CreateIfNotExistsAsync(cancellationToken: Cancel);
        var proxy = await FaultProxy.StartAsync(direct.Blobs.Uri, Cancel);
        var proxied = new StorageOptions
        {
            ConnectionString = AzuriteProcess.ConnectionStringOf(proxy.Endpoint, direct.Tables.Uri),
            Prefix = storage.Prefix,
            MaxRetries = storageRetries,
            TryTimeout = TimeSpan.FromSeconds(60), // an emulator on a busy machine
        };
        var broker = await ServiceBusBroker.StartAsync(new() { Clock = clock ?? TimeProvider.System });
        var bus = new BusOptions { ConnectionString = broker.ConnectionString };
        configureBus?.Invoke(bus);
        return new(broker, proxy, direct, proxied, bus, intake ?? new(), clock ?? TimeProvider.System);
    }

    /// <summary>Takes a message in, in pieces as they come from a socket.</summary>
    public async Task<MessageId> AcceptAsync(byte[] raw, CancellationToken cancel)
    {
        var id = Samples.NewId();
        await using var message = await OpenAsync(id, raw);
        await message.CommitAsync(Samples.Event(id, raw), cancel);
        return id;
    }

    public async Task<Core.Ports.IIntakeMessage> OpenAsync(MessageId id, byte[] raw)
    {
        var message = await Intake.OpenAsync(id, Cancel);
        try
        {
            foreach (var piece in raw.Chunk(60_000))
            {
                await message.WriteAsync(piece, Cancel);
            }
        }
        catch // abandoned, and the failure goes on to the test
        {
            await message.DisposeAsync();
            throw;
        }

        return message;
    }

    /// <summary>Null when there is none. Past the proxy.</summary>
    public async Task<byte[]?> ReadRawAsync(MessageId id)
    {
        var blob = Blob(id);
        return await blob.ExistsAsync(Cancel) ? (await blob.DownloadContentAsync(Cancel)).Value.Content.ToArray() : null;
    }

    /// <summary>Past the proxy.</summary>
    public BlobClient Blob(MessageId id) => _direct.Raw.GetBlobClient(BlobNames.Raw(id));

    public async Task<int> CountBlobsAsync()
    {
        var count = 0;
        await foreach (var _ in _direct.Raw.GetBlobsAsync(cancellationToken: Cancel))
        {
            count++;
        }

        return count;
    }

    /// <summary>What is in the queue, due or not.</summary>
    public async Task<IReadOnlyList<ServiceBusReceivedMessage>> QueuedAsync(StageQueue queue = StageQueue.Received, SubQueue subQueue = SubQueue.None)
    {
        await using var receiver = _reader.CreateReceiver(QueueNames.Of(queue), new ServiceBusReceiverOptions { SubQueue = subQueue });
        var all = new List<ServiceBusReceivedMessage>();
        while (await receiver.PeekMessagesAsync(200, all.Count == 0 ? 0 : all[^1].SequenceNumber + 1, Cancel) is { Count: > 0 } page)
        {
            all.AddRange(page);
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await Bus.DisposeAsync();
        await _reader.DisposeAsync();
        await Broker.DisposeAsync();
        await Proxy.DisposeAsync();
        await _direct.Raw.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        Meters.Dispose();
    }
}
