using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Gateway.Core.Ports;

namespace Gateway.Azure.Tables;

/// <summary>Keyed values in the table <c>state</c>, one entity each. A failure of the service is an exception of the SDK.</summary>
public sealed class TableStateStore : IStateStore
{
    private const int ValuesAtOnce = 8;
    private const int MaxTries = 5;

    private readonly TableClient _table;
    private readonly TimeProvider _clock;

    /// <param name="storage">The account.</param>
    /// <param name="clock">Tells what has expired.</param>
    public TableStateStore(StorageClients storage, TimeProvider clock) : this(storage.Table("state"), clock)
    {
    }

    internal TableStateStore(TableClient table, TimeProvider clock) => (_table, _clock) = (table, clock);

    public async ValueTask<StateEntry?> GetAsync(StateKey key, CancellationToken cancel)
    {
        var entity = await FindAsync(StateEntity.Partition(key.Check()), key.Id, select: null, cancel);
        if (entity is null || IsExpired(StateEntity.ExpiresOf(entity)))
        {
            return null;
        }

        var expires = StateEntity.ExpiresOf(entity);
        return new(
            key,
            StateEntity.Value(entity),
            Text(entity.ETag, expires),
            expires == StateEntity.Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(expires));
    }

    public async ValueTask<string?> PutAsync(StateKey key, ReadOnlyMemory<byte> value, DateTimeOffset? expires, StateCondition condition, CancellationToken cancel)
    {
        key.Check();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, IStateStore.MaxValueOctets);
        var entity = StateEntity.Of(key, value.Span, expires, Random.Shared.NextInt64());
        ETag? written = condition switch
        {
            { MustBeAbsent: true } => await AddAsync(entity, cancel),
            { ETag: { } text } => Read(text) is { } known ? await ReplaceAsync(entity, known, cancel) : null,
            _ => (await _table.UpsertEntityAsync(entity, TableUpdateMode.Replace, cancel)).Headers.ETag,
        };
        return written is { } eTag ? Text(eTag, StateEntity.ExpiresOf(entity)) : null;
    }

    public async ValueTask<bool> DeleteAsync(StateKey key, StateCondition condition, CancellationToken cancel)
    {
        var partition = StateEntity.Partition(key.Check());
        if (condition.MustBeAbsent)
        {
            return await FindAsync(partition, key.Id, [StateEntity.Expires], cancel) is not { } stored || IsExpired(StateEntity.ExpiresOf(stored));
        }

        if (condition.ETag is not { } text)
        {
            await DeleteAsync(partition, key.Id, ETag.All, cancel);
            return true;
        }

        return Read(text) is { } known && await DeleteAsync(partition, key.Id, known, cancel);
    }

    public async ValueTask<StatePage> ListAsync(string collection, string prefix, string? continuation, int max, CancellationToken cancel)
    {
        StateKey.CheckCollection(collection);
        _ = continuation is null ? default : new StateKey(collection, continuation).Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, 1000);

        // One more than asked for: whether it is there says whether another page follows.
        var ids = await StateIds.FirstAsync(_table, collection, prefix, continuation ?? "", Now, max + 1, cancel);
        var (entries, octets) = (new List<StateEntry>(), 0);
        foreach (var some in ids.Take(max).Chunk(ValuesAtOnce))
        {
            foreach (var (id, entry) in some.Zip(await Task.WhenAll(some.Select(id => GetAsync(new(collection, id), cancel).AsTask()))))
            {
                if (entry is not null) // else gone since
                {
                    entries.Add(entry);
                    octets += entry.Value.Length;
                }

                if (octets >= IStateStore.MaxPageOctets && id != ids[^1])
                {
                    return new(entries, id);
                }
            }
        }

        return new(entries, ids.Count > max ? ids[max - 1] : null);
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private bool IsExpired(long expires) => expires <= Now;

    /// <summary>Null when there is one already, and it has not expired.</summary>
    private async ValueTask<ETag?> AddAsync(TableEntity entity, CancellationToken cancel)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            try
            {
                return (await _table.AddEntityAsync(entity, cancel)).Headers.ETag;
            }
            catch (RequestFailedException e) when (e.ErrorCode == TableErrorCode.EntityAlreadyExists)
            {
                var stored = await FindAsync(entity.PartitionKey, entity.RowKey, [StateEntity.Expires, StateEntity.Writing], cancel);
                if (stored is not null && IsOf(entity, stored))
                {
                    return stored.ETag;
                }

                if (stored is not null && !IsExpired(StateEntity.ExpiresOf(stored)))
                {
                    return null;
                }

                if (stored is not null && await ReplaceAsync(entity, stored.ETag, cancel) is { } replaced)
                {
                    return replaced;
                }
            }
        }

        return null; // others come and go faster than we
    }

    private async ValueTask<ETag?> ReplaceAsync(TableEntity entity, ETag known, CancellationToken cancel)
    {
        try
        {
            return (await _table.UpdateEntityAsync(entity, known, TableUpdateMode.Replace, cancel)).Headers.ETag;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            var stored = await FindAsync(entity.PartitionKey, entity.RowKey, [StateEntity.Writing], cancel);
            return stored is not null && IsOf(entity, stored) ? stored.ETag : null;
        }
        catch (RequestFailedException e) when (IsNoEntity(e))
        {
            return null;
        }
    }

    /// <summary>
    /// An answer may be lost on its way; the SDK then sends again, and what it meets is our own first sending. Without this look the writer
    /// would be told that somebody else was faster.
    /// </summary>
    private static bool IsOf(TableEntity sent, TableEntity stored) => Equals(sent[StateEntity.Writing], stored.GetInt64(StateEntity.Writing));

    /// <summary>False when there was none, or another one.</summary>
    private async ValueTask<bool> DeleteAsync(string partition, string row, ETag known, CancellationToken cancel)
    {
        try
        {
            var answer = await _table.DeleteEntityAsync(partition, row, known, cancel);
            return answer.Status != 404 || (IsNoEntity(new(answer)) ? false : throw new RequestFailedException(answer));
        }
        catch (RequestFailedException e) when (e.Status == 412 || IsNoEntity(e))
        {
            return false;
        }
    }

    /// <summary>Null when there is no such entity; a missing table is a failure and no absence.</summary>
    private async ValueTask<TableEntity?> FindAsync(string partition, string row, IEnumerable<string>? select, CancellationToken cancel)
    {
        var answer = await _table.GetEntityIfExistsAsync<TableEntity>(partition, row, select, cancel);
        if (answer is { HasValue: true, Value: { } entity })
        {
            entity.ETag = answer.GetRawResponse().Headers.ETag ?? entity.ETag; // a selection need not have it in its body
            return entity;
        }

        var missing = new RequestFailedException(answer.GetRawResponse());
        return IsNoEntity(missing) ? null : throw missing;
    }

    private static bool IsNoEntity(RequestFailedException e) =>
        e.Status == 404 && (e.ErrorCode == TableErrorCode.ResourceNotFound || e.ErrorCode == TableErrorCode.EntityNotFound);

    /// <summary>
    /// The service's ETag with the expiry behind it: so a change that must match can be refused without a question once the value has
    /// expired, since an expired value is as good as absent.
    /// </summary>
    private static string Text(ETag eTag, long expires) => expires == StateEntity.Never ? $"{eTag}" : string.Create(CultureInfo.InvariantCulture, $"{eTag}|{expires}");

    /// <summary>Null when the value has expired, and for a text that was never an ETag of ours: a '*' would match whatever is there.</summary>
    private ETag? Read(string text)
    {
        var bar = text.LastIndexOf('|');
        var (eTag, expires) = bar < 0 ? (text, StateEntity.Never) : (text[..bar], long.TryParse(text.AsSpan(bar + 1), CultureInfo.InvariantCulture, out var at) ? at : 0);
        var isOurs = eTag.StartsWith("W/\"", StringComparison.Ordinal) && eTag.IndexOf('"', 3) == eTag.Length - 1 && !eTag.AsSpan().ContainsAnyExceptInRange(' ', '~');
        return isOurs && !IsExpired(expires) ? new ETag(eTag) : null;
    }
}
