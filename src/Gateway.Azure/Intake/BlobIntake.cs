using System.Diagnostics;
using Azure.Storage.Blobs.Specialized;
using Gateway.Azure.Bus;
using Gateway.Core;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Azure.Intake;

/// <summary>
/// Takes messages in: the octets into a blob, a small message in one request and a bigger one in blocks while it arrives; then the event
/// into the queue.
/// </summary>
public sealed class BlobIntake : IIntake
{
    private readonly StorageClients _storage;

    /// <param name="storage">The account.</param>
    /// <param name="events">Sends to queue "received".</param>
    /// <param name="options">Without <see cref="BlobIntakeOptions.Problems"/>.</param>
    /// <param name="metrics">Instruments.</param>
    /// <param name="clock">For deadlines and durations.</param>
    /// <param name="logger">For what cannot be told to the caller.</param>
    public BlobIntake(StorageClients storage, EventSender events, BlobIntakeOptions options, AzureMetrics metrics, TimeProvider clock, ILogger<BlobIntake> logger)
    {
        _storage = storage;
        (Events, CommitTimeout, Metrics, Clock, Logger) = (events, options.CommitTimeout, metrics, clock, logger);
        Budget = new(options.MaxHeldOctets, metrics);
    }

    internal EventSender Events { get; }

    internal TimeSpan CommitTimeout { get; }

    internal AzureMetrics Metrics { get; }

    internal TimeProvider Clock { get; }

    internal ILogger Logger { get; }

    internal SegmentBudget Budget { get; }

    public ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel)
    {
        var blob = _storage.Raw.GetBlockBlobClient(BlobNames.Raw(id));
        return ValueTask.FromResult<IIntakeMessage>(new BlobIntakeMessage(this, id, new(blob, Activity.Current?.Context ?? default)));
    }
}
