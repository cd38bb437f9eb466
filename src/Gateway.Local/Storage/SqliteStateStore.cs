using Gateway.Core.Ports;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>Keyed values as rows.</summary>
public sealed class SqliteStateStore(LocalDatabase database, TimeProvider clock) : IStateStore
{
    private const string Columns = "collection, id, value, etag, expires";

    public ValueTask<StateEntry?> GetAsync(StateKey key, CancellationToken cancel)
    {
        key.Check();
        using var connection = database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM state WHERE collection = $collection AND id = $id AND (expires IS NULL OR expires > $now)";
        using var rows = Bind(command, key).ExecuteReader();
        return ValueTask.FromResult(rows.Read() ? Entry(rows) : null);
    }

    public async ValueTask<string?> PutAsync(StateKey key, ReadOnlyMemory<byte> value, DateTimeOffset? expires, StateCondition condition, CancellationToken cancel)
    {
        key.Check();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, IStateStore.MaxValueOctets);
        var octets = value.ToArray();
        return await database.Commits.WriteAsync(scope =>
        {
            if (!Holds(scope, key, condition))
            {
                return null;
            }

            var eTag = $"{Random.Shared.NextInt64():x16}"; // only has to differ from the one before
            Bind(scope.Statement("""
                INSERT INTO state (collection, id, value, etag, expires) VALUES ($collection, $id, $value, $etag, $expires)
                ON CONFLICT (collection, id) DO UPDATE SET value = excluded.value, etag = excluded.etag, expires = excluded.expires
                """), key).With("$value", octets).With("$etag", eTag).With("$expires", expires?.ToUnixTimeMilliseconds()).ExecuteNonQuery();
            return eTag;
        }, cancel);
    }

    public async ValueTask<bool> DeleteAsync(StateKey key, StateCondition condition, CancellationToken cancel)
    {
        key.Check();
        return await database.Commits.WriteAsync(scope =>
        {
            if (!Holds(scope, key, condition))
            {
                return false;
            }

            Bind(scope.Statement("DELETE FROM state WHERE collection = $collection AND id = $id"), key).ExecuteNonQuery();
            return true;
        }, cancel);
    }

    public ValueTask<StatePage> ListAsync(string collection, string prefix, string? continuation, int max, CancellationToken cancel)
    {
        StateKey.CheckCollection(collection);
        _ = continuation is null ? default : new StateKey(collection, continuation).Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, 1000);
        using var connection = database.Read();
        using var command = connection.CreateCommand();

        // One more than asked for: whether it is there says whether another page follows.
        command.CommandText = $"""
            SELECT {Columns} FROM state
            WHERE collection = $collection AND id > $after AND substr(id, 1, length($prefix)) = $prefix AND (expires IS NULL OR expires > $now)
            ORDER BY id LIMIT $most
            """;
        command.With("$collection", collection).With("$after", continuation ?? "").With("$prefix", prefix).With("$now", Now).With("$most", max + 1);
        using var rows = command.ExecuteReader();
        var (entries, octets) = (new List<StateEntry>(), 0);
        while (rows.Read())
        {
            if (entries.Count == max || octets >= IStateStore.MaxPageOctets)
            {
                return ValueTask.FromResult(new StatePage(entries, entries[^1].Key.Id));
            }

            entries.Add(Entry(rows));
            octets += entries[^1].Value.Length;
        }

        return ValueTask.FromResult(new StatePage(entries, null));
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private bool Holds(CommitThread.WriteScope scope, StateKey key, StateCondition condition)
    {
        if (condition == StateCondition.None)
        {
            return true;
        }

        var stored = Bind(
            scope.Statement("SELECT etag FROM state WHERE collection = $collection AND id = $id AND (expires IS NULL OR expires > $now)"), key)
            .ExecuteScalar() as string;
        return condition.MustBeAbsent ? stored is null : stored == condition.ETag;
    }

    private SqliteCommand Bind(SqliteCommand command, StateKey key) =>
        command.With("$collection", key.Collection).With("$id", key.Id).With("$now", Now);

    private static StateEntry Entry(SqliteDataReader row) => new(
        new(row.GetString(0), row.GetString(1)),
        (byte[])row[2],
        row.GetString(3),
        row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)));
}
