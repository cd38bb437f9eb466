using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Local.Storage;

/// <summary>
/// Takes messages in: a small one and its event in one transaction, a big one in a file that is synced before the transaction that
/// names it.
/// </summary>
public sealed class SqliteIntake(DataDirectory directory, LocalDatabase database, SqliteStageQueue queue, TimeProvider clock) : IIntake
{
    /// <summary>
    /// Up to here a message is a row, in octets. At 4 KB a row costs a third of a file; at 256 KB a file of its own is twice as fast,
    /// since several sync at once (DESIGN section 4).
    /// </summary>
    public const int MaxRowOctets = 64 * 1024;

    public ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel) =>
        ValueTask.FromResult<IIntakeMessage>(new SqliteIntakeMessage(this, id));

    internal string PathOf(MessageId id) => Path.Combine(directory.Raw, id.ToString());

    internal void FlushNames() => DirectorySync.Flush(directory.Raw);

    /// <summary>Raw null: it is in its file, already synced.</summary>
    internal async ValueTask CommitAsync(ReceivedEvent received, byte[]? raw, int rawOctets)
    {
        var item = StageMessage.Of(received);
        var now = clock.GetUtcNow();
        using var span = LocalTelemetry.Source.StartActivity("commit");
        await database.Commits.WriteAsync(scope =>
        {
            var insert = scope.Statement("INSERT INTO messages (id, received_at, octets, raw) VALUES ($id, $received, $octets, $raw)")
                .With("$id", received.MessageId)
                .With("$received", received.ReceivedAt.ToUnixTimeMilliseconds())
                .With("$octets", received.Octets);
            _ = raw is null ? insert.With("$raw", null) : insert.With("$raw", raw, rawOctets);
            insert.ExecuteNonQuery();
            return SqliteStageQueue.Insert(scope, item, now);
        });
        queue.Announce(item);
    }
}
