using Azure;
using Azure.Data.Tables;

namespace Gateway.Azure.Tables;

/// <summary>What one sweep deleted.</summary>
/// <param name="States">Values that had expired.</param>
/// <param name="ActivityTables">Months of stories.</param>
public readonly record struct TableSweepCounts(int States, int ActivityTables);

/// <summary>
/// Deletes what nobody can see any more: tables have no lifecycle rules. Blobs have, and are not touched here. Any number of processes may
/// sweep at the same time.
/// </summary>
public sealed class TableSweep
{
    /// <summary>Most values that one sweep deletes; the next one goes on.</summary>
    public const int MaxStates = 10_000;

    private const int PageEntities = 500;
    private const int AtOnce = 8;

    private readonly StorageClients _storage;
    private readonly TimeSpan _activityRetention;
    private readonly TimeProvider _clock;

    /// <param name="storage">The account.</param>
    /// <param name="activityRetention">How long a story is kept; a month's go together, when its last one is so old. At least as long as mail is kept.</param>
    /// <param name="clock">Tells what has expired.</param>
    public TableSweep(StorageClients storage, TimeSpan activityRetention, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(activityRetention, TimeSpan.FromDays(1));
        (_storage, _activityRetention, _clock) = (storage, activityRetention, clock);
    }

    public async Task<TableSweepCounts> SweepAsync(CancellationToken cancel) => new(await SweepStatesAsync(cancel), await SweepActivityAsync(cancel));

    private async Task<int> SweepStatesAsync(CancellationToken cancel)
    {
        var table = _storage.Table("state");
        var filter = TableClient.CreateQueryFilter($"Expires le {_clock.GetUtcNow().ToUnixTimeMilliseconds()}");
        var expired = table.QueryAsync<TableEntity>(filter, PageEntities, ["PartitionKey", "RowKey", "Timestamp"], cancel).Take(MaxStates);
        var deleted = 0;
        await Parallel.ForEachAsync(expired, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (entity, cancel) =>
        {
            if (await DeleteAsync(table, entity, cancel))
            {
                Interlocked.Increment(ref deleted);
            }
        });
        return deleted;
    }

    /// <summary>False when the value has been renewed, or is gone already.</summary>
    private static async Task<bool> DeleteAsync(TableClient table, TableEntity entity, CancellationToken cancel)
    {
        try
        {
            return (await table.DeleteEntityAsync(entity.PartitionKey, entity.RowKey, entity.ETag, cancel)).Status != 404;
        }
        catch (RequestFailedException e) when (e.Status is 412 or 404)
        {
            return false;
        }
    }

    private async Task<int> SweepActivityAsync(CancellationToken cancel)
    {
        var (now, deleted) = (_clock.GetUtcNow(), 0);
        var from = _storage.Table(ActivityTables.Prefix).Name;
        var to = from + ":"; // follows '9'
        await foreach (var table in _storage.Tables.QueryAsync(TableClient.CreateQueryFilter($"TableName ge {from} and TableName lt {to}"), cancellationToken: cancel))
        {
            if (ActivityTables.EndOf(table.Name[(from.Length - ActivityTables.Prefix.Length)..]) is { } end && end + _activityRetention <= now)
            {
                await _storage.Tables.DeleteTableAsync(table.Name, cancel);
                deleted++;
            }
        }

        return deleted;
    }
}
