using Gateway.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Local.Storage;

/// <summary>Throws away what nobody needs any more: files that no row names, at start and each hour, and mail past its retention.</summary>
public sealed class Sweep(
    DataDirectory directory, LocalDatabase database, SqliteMessageStore store, RetentionOptions retention, TimeProvider clock, ILogger<Sweep> logger)
{
    /// <summary>How often old mail is looked for.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private const int MaxMessagesPerRound = 500;

    /// <summary>Longer than a message that is still on its way in may rest between two writes, whatever the time-outs are set to.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromHours(2);

    /// <summary>
    /// Deletes files that no row names: messages and parts that a crash or a failed commit left behind.
    /// </summary>
    /// <param name="untouchedFor">Only those not written to for so long; zero only before mail is taken, when no file is being written.</param>
    public int DeleteUnfinished(TimeSpan untouchedFor)
    {
        // Files carry the system's time, whatever clock the gateway runs on.
        var latest = (TimeProvider.System.GetUtcNow() - untouchedFor).UtcDateTime;
        using var connection = database.Read();
        using var raw = connection.CreateCommand();
        raw.CommandText = "SELECT 1 FROM messages WHERE id = $id AND raw IS NULL";
        using var part = connection.CreateCommand();
        part.CommandText = "SELECT 1 FROM parts WHERE message_id = $id AND name = $name AND content IS NULL";

        var deleted = 0;
        foreach (var path in Directory.EnumerateFiles(directory.Raw).Concat(Directory.EnumerateFiles(directory.Parts)))
        {
            var name = Path.GetFileName(path);
            var inRaw = Path.GetDirectoryName(path) == directory.Raw;
            var known = MessageId.TryParse(name.Length >= 36 ? name[..36] : name, out var id)
                && (inRaw
                    ? Exists(raw, id, null)
                    : name.Length > 37 && Exists(part, id, name[37..]));
            if (!known && File.GetLastWriteTimeUtc(path) <= latest)
            {
                File.Delete(path);
                deleted++;
            }
        }

        if (deleted > 0)
        {
            logger.UnfinishedDeleted(deleted);
        }

        return deleted;

        static bool Exists(Microsoft.Data.Sqlite.SqliteCommand command, MessageId id, string? name)
        {
            command.Parameters.Clear();
            command.With("$id", id);
            if (name is not null)
            {
                command.With("$name", name);
            }

            return command.ExecuteScalar() is not null;
        }
    }

    /// <summary>Deletes mail past its retention that no queue row refers to (invariant 12), and state that has expired.</summary>
    public async Task<int> DeleteExpiredAsync(CancellationToken cancel)
    {
        var deleted = 0;
        var now = clock.GetUtcNow();
        while (ExpiredMessages(now) is { Count: > 0 } round)
        {
            foreach (var id in round)
            {
                cancel.ThrowIfCancellationRequested();
                deleted += await store.DeleteExpiredAsync(id, now - retention.Retention, now) ? 1 : 0;
            }
        }

        await database.Commits.WriteAsync(
            scope => scope.Statement("DELETE FROM state WHERE expires <= $now").With("$now", now.ToUnixTimeMilliseconds()).ExecuteNonQuery(), cancel);
        if (deleted > 0)
        {
            await database.Commits.WriteAsync(scope => scope.Execute("PRAGMA incremental_vacuum(10000)"), cancel); // pages; 40 MB a round
            logger.ExpiredDeleted(deleted);
        }

        return deleted;
    }

    /// <summary>Sweeps each hour until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await DeleteExpiredAsync(cancel);
                DeleteUnfinished(LongestWrite);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.SweepFailed(e); // the next round tries again
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    private List<MessageId> ExpiredMessages(DateTimeOffset now)
    {
        using var connection = database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT id FROM messages WHERE {SqliteMessageStore.Expired} ORDER BY received_at LIMIT $most";
        using var rows = command
            .With("$before", (now - retention.Retention).ToUnixTimeMilliseconds())
            .With("$now", now.ToUnixTimeMilliseconds())
            .With("$most", MaxMessagesPerRound)
            .ExecuteReader();
        var ids = new List<MessageId>();
        while (rows.Read())
        {
            ids.Add(rows.GetMessageId(0));
        }

        return ids;
    }
}
