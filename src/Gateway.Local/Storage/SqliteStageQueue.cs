using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Local.Storage;

/// <summary>The three queues as rows: durable, with due times, leases that expire and a count of how often each row was handed out.</summary>
public sealed class SqliteStageQueue : IStageQueue
{
    private readonly LocalDatabase _database;
    private readonly RetentionOptions _retention;
    private readonly TimeProvider _clock;
    private readonly QueueSignal[] _signals;

    public SqliteStageQueue(LocalDatabase database, RetentionOptions retention, TimeProvider clock)
    {
        (_database, _retention, _clock) = (database, retention, clock);
        _signals = [.. Enum.GetValues<StageQueue>().Select(_ => new QueueSignal())];
    }

    public async ValueTask SendAsync(IReadOnlyList<StageMessage> messages, CancellationToken cancel)
    {
        var now = _clock.GetUtcNow();
        await _database.Commits.WriteAsync(scope => messages.Sum(message => Insert(scope, message, now)), cancel);
        foreach (var message in messages)
        {
            Announce(message);
        }
    }

    public ValueTask<DateTimeOffset?> OldestDueAsync(StageQueue queue, CancellationToken cancel) => ValueTask.FromResult(OldestDue(queue));

    internal DateTimeOffset? OldestDue(StageQueue queue)
    {
        using var connection = _database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT min(enqueued_at) FROM queue WHERE queue = $queue AND due <= $now AND lease = 0";
        command.With("$queue", (int)queue).With("$now", _clock.GetUtcNow().ToUnixTimeMilliseconds());
        return command.ExecuteScalar() is long at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }

    /// <summary>Hands out up to <paramref name="most"/> rows that are due; nobody else gets them before the lease ends.</summary>
    internal async ValueTask<IReadOnlyList<LeasedMessage>> LeaseAsync(StageQueue queue, int most, TimeSpan lease, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var now = _clock.GetUtcNow();
        return await _database.Commits.WriteAsync(scope =>
        {
            var leased = new List<LeasedMessage>(most);
            using var rows = scope.Statement("""
                UPDATE queue SET due = $until, lease = 1 + abs(random() % 4611686018427387904), deliveries = deliveries + 1
                WHERE seq IN (SELECT seq FROM queue WHERE queue = $queue AND due <= $now ORDER BY due, seq LIMIT $most)
                RETURNING seq, lease, deliveries, message_id, body, enqueued_at
                """)
                .With("$until", (now + lease).ToUnixTimeMilliseconds())
                .With("$queue", (int)queue)
                .With("$now", now.ToUnixTimeMilliseconds())
                .With("$most", most)
                .ExecuteReader();
            while (rows.Read())
            {
                leased.Add(new(queue, rows.GetInt64(0), rows.GetInt64(1), rows.GetInt32(2), rows.GetMessageId(3), (byte[])rows[4], DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(5))));
            }

            return leased;
        }, CancellationToken.None); // given up half-way, nobody would work on what was handed out
    }

    /// <summary>Ends a row: what it led to is sent and it is gone, in one transaction. False when its lease was lost; nothing is sent then.</summary>
    internal async ValueTask<bool> CompleteAsync(LeasedMessage leased, IReadOnlyList<StageMessage> sends, IReadOnlyList<ActivityEntry> activities)
    {
        var now = _clock.GetUtcNow();
        var done = await _database.Commits.WriteAsync(scope =>
        {
            var mine = scope.Statement("DELETE FROM queue WHERE seq = $seq AND lease = $lease")
                .With("$seq", leased.Sequence)
                .With("$lease", leased.Lease)
                .ExecuteNonQuery() == 1;
            if (mine)
            {
                _ = sends.Sum(message => Insert(scope, message, now));
                SqliteActivityLog.Insert(scope, activities);
                if (activities.Any(entry => entry.Kind == ActivityKind.Delivered))
                {
                    KeepWhileLinksLast(scope, leased.MessageId, now);
                }
            }

            return mine;
        });
        foreach (var message in done ? sends : [])
        {
            Announce(message);
        }

        return done;
    }

    /// <summary>
    /// A delivery that came late hands out links that outlast the message's retention. Of the others nothing is written: a row is written
    /// whole, with the message in it.
    /// </summary>
    private void KeepWhileLinksLast(CommitThread.WriteScope scope, MessageId id, DateTimeOffset now) =>
        scope.Statement("""
            UPDATE messages SET kept_until = max($until, coalesce(kept_until, 0))
            WHERE id = $id AND received_at < $early AND coalesce(kept_until, 0) < $until
            """)
            .With("$until", (now + _retention.LinkLifetime).ToUnixTimeMilliseconds())
            .With("$early", (now + _retention.LinkLifetime - _retention.Retention).ToUnixTimeMilliseconds())
            .With("$id", id)
            .ExecuteNonQuery();

    /// <summary>Gives a row back, to be handed out again from <paramref name="due"/> on.</summary>
    /// <param name="leased">The row.</param>
    /// <param name="due">When.</param>
    /// <param name="counts">False: this handing-out is forgotten.</param>
    internal async ValueTask ReleaseAsync(LeasedMessage leased, DateTimeOffset due, bool counts)
    {
        await _database.Commits.WriteAsync(scope => scope.Statement("""
            UPDATE queue SET due = $due, lease = 0, deliveries = deliveries - $forgotten WHERE seq = $seq AND lease = $lease
            """)
            .With("$forgotten", counts ? 0 : 1)
            .With("$due", due.ToUnixTimeMilliseconds())
            .With("$seq", leased.Sequence)
            .With("$lease", leased.Lease)
            .ExecuteNonQuery());
        Signal(leased.Queue).Raise();
    }

    /// <summary>At start, before anything is handed out: what a process that ended held is due again.</summary>
    internal async ValueTask<int> ReleaseAllAsync() =>
        await _database.Commits.WriteAsync(scope => scope.Statement("UPDATE queue SET due = $now, lease = 0 WHERE lease <> 0")
            .With("$now", _clock.GetUtcNow().ToUnixTimeMilliseconds())
            .ExecuteNonQuery());

    /// <summary>When the next row becomes due, leases that end included; null when the queue is empty.</summary>
    internal DateTimeOffset? NextDue(StageQueue queue)
    {
        using var connection = _database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT min(due) FROM queue WHERE queue = $queue";
        command.With("$queue", (int)queue);
        return command.ExecuteScalar() is long due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;
    }

    internal QueueSignal Signal(StageQueue queue) => _signals[(int)queue];

    internal void Announce(StageMessage message) => Signal(message.Queue).Raise();

    /// <summary>One row; 0 when its id is there already.</summary>
    internal static int Insert(CommitThread.WriteScope scope, StageMessage message, DateTimeOffset now) =>
        scope.Statement("""
            INSERT OR IGNORE INTO queue (queue, id, message_id, body, enqueued_at, due)
            VALUES ($queue, $id, $message, $body, $now, $due)
            """)
            .With("$queue", (int)message.Queue)
            .With("$id", message.Id)
            .With("$message", message.MessageId)
            .With("$body", message.Body.ToArray())
            .With("$now", now.ToUnixTimeMilliseconds())
            .With("$due", (message.Due ?? now).ToUnixTimeMilliseconds())
            .ExecuteNonQuery();
}

/// <summary>A row that was handed out.</summary>
/// <param name="Queue">Where it came from.</param>
/// <param name="Sequence">The row.</param>
/// <param name="Lease">Proof of holding it: another handing-out has another number.</param>
/// <param name="Deliveries">How often it was handed out, this time included.</param>
/// <param name="MessageId">The message it is about.</param>
/// <param name="Body">The event.</param>
/// <param name="EnqueuedAt">When it was sent.</param>
internal sealed record LeasedMessage(
    StageQueue Queue, long Sequence, long Lease, int Deliveries, MessageId MessageId, ReadOnlyMemory<byte> Body, DateTimeOffset EnqueuedAt);
