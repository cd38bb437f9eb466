using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Local.Storage;

/// <summary>The story of each message as rows; swept with the message.</summary>
public sealed class SqliteActivityLog(LocalDatabase database) : IActivityLog
{
    public async ValueTask AppendAsync(IReadOnlyList<ActivityEntry> entries, CancellationToken cancel) =>
        await database.Commits.WriteAsync(scope => Insert(scope, entries), cancel);

    public ValueTask<IReadOnlyList<ActivityEntry>> ReadAsync(MessageId id, CancellationToken cancel)
    {
        using var connection = database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT entry FROM activity WHERE message_id = $id ORDER BY seq";
        using var rows = command.With("$id", id).ExecuteReader();
        var entries = new List<ActivityEntry>();
        while (rows.Read())
        {
            entries.Add(JsonSerializer.Deserialize(rows.GetString(0), ActivityJson.Default.ActivityEntry)!);
        }

        return ValueTask.FromResult<IReadOnlyList<ActivityEntry>>([.. entries.OrderBy(entry => entry.At)]);
    }

    internal static int Insert(CommitThread.WriteScope scope, IReadOnlyList<ActivityEntry> entries)
    {
        foreach (var entry in entries)
        {
            scope.Statement("INSERT INTO activity (message_id, entry) VALUES ($message, $entry)")
                .With("$message", entry.MessageId)
                .With("$entry", JsonSerializer.Serialize(entry, ActivityJson.Default.ActivityEntry))
                .ExecuteNonQuery();
        }

        return entries.Count;
    }
}
