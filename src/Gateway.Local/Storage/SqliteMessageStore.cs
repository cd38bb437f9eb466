using System.Buffers;
using Gateway.Core;
using Gateway.Core.Ports;
using Gateway.Local.Links;

namespace Gateway.Local.Storage;

/// <summary>Raw messages and parts: small ones as rows, big ones as files.</summary>
public sealed class SqliteMessageStore(DataDirectory directory, LocalDatabase database, LinkSigner links, RetentionOptions retention, TimeProvider clock)
    : IMessageStore
{
    /// <summary>What makes a message ready to be deleted, with $before and $now (invariant 12).</summary>
    internal const string Expired =
        "received_at < $before AND coalesce(kept_until, 0) < $now AND NOT EXISTS (SELECT 1 FROM queue WHERE message_id = messages.id)";

    private const int MaxPartNameLength = 64;
    private const int ReadBufferOctets = 64 * 1024;

    // A record is written after its raw message is kept, and lives as long from then on (invariant 12).
    private static readonly TimeSpan RecordsComeLater = TimeSpan.FromHours(1);
    private static readonly SearchValues<char> PartName = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    public ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel)
    {
        using var connection = database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT raw FROM messages WHERE id = $id";
        return ValueTask.FromResult(Open(command.With("$id", id).ExecuteScalar(), directory.RawPath(id)));
    }

    public async ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel)
    {
        var until = clock.GetUtcNow() + retention.KeptRetention + RecordsComeLater;
        return await database.Commits.WriteAsync(
            scope => scope.Statement("UPDATE messages SET kept_until = max($until, coalesce(kept_until, 0)) WHERE id = $id")
                .With("$until", until.ToUnixTimeMilliseconds())
                .With("$id", id)
                .ExecuteNonQuery() == 1,
            cancel);
    }

    public async ValueTask DeleteAsync(MessageId id, CancellationToken cancel)
    {
        DeleteFiles(id, await database.Commits.WriteAsync(scope => DeleteRows(scope, id), cancel));
    }

    public async ValueTask WritePartAsync(MessageId id, string part, Stream content, CancellationToken cancel)
    {
        Check(part);
        var buffer = ArrayPool<byte>.Shared.Rent(SqliteIntake.MaxRowOctets + 1);
        try
        {
            var octets = await content.ReadAtLeastAsync(buffer.AsMemory(0, SqliteIntake.MaxRowOctets + 1), SqliteIntake.MaxRowOctets + 1, throwOnEndOfStream: false, cancel);
            var small = octets <= SqliteIntake.MaxRowOctets;
            if (!small)
            {
                await WritePartFileAsync(directory.PartPath(id, part), buffer.AsMemory(0, octets), content, cancel);
            }

            await InsertPartAsync(id, part, small ? buffer.AsSpan(0, octets).ToArray() : null);
            if (small)
            {
                File.Delete(directory.PartPath(id, part)); // one of the same name may have been big
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel)
    {
        Check(part);
        using var connection = database.Read();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT content FROM parts WHERE message_id = $id AND name = $name";
        return ValueTask.FromResult(Open(command.With("$id", id).With("$name", part).ExecuteScalar(), directory.PartPath(id, part)));
    }

    public ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel)
    {
        if (link.Part is not null)
        {
            Check(link.Part);
        }

        return ValueTask.FromResult(links.Sign(id, link, expires));
    }

    /// <summary>Deletes it if, in the same transaction, it is past its time and nothing refers to it; false: something has come in between.</summary>
    internal async ValueTask<bool> DeleteExpiredAsync(MessageId id, DateTimeOffset receivedBefore, DateTimeOffset now)
    {
        var files = await database.Commits.WriteAsync(scope => IsExpired(scope, id, receivedBefore, now) ? DeleteRows(scope, id) : null);
        DeleteFiles(id, files);
        return files is not null;
    }

    private static bool IsExpired(CommitThread.WriteScope scope, MessageId id, DateTimeOffset receivedBefore, DateTimeOffset now) =>
        scope.Statement($"SELECT 1 FROM messages WHERE id = $id AND {Expired}")
            .With("$id", id)
            .With("$before", receivedBefore.ToUnixTimeMilliseconds())
            .With("$now", now.ToUnixTimeMilliseconds())
            .ExecuteScalar() is not null;

    private static List<string> DeleteRows(CommitThread.WriteScope scope, MessageId id)
    {
        var files = new List<string>();
        using (var rows = scope.Statement("SELECT name FROM parts WHERE message_id = $id AND content IS NULL").With("$id", id).ExecuteReader())
        {
            while (rows.Read())
            {
                files.Add(rows.GetString(0));
            }
        }

        scope.Statement("DELETE FROM parts WHERE message_id = $id").With("$id", id).ExecuteNonQuery();
        scope.Statement("DELETE FROM activity WHERE message_id = $id").With("$id", id).ExecuteNonQuery();
        scope.Statement("DELETE FROM messages WHERE id = $id").With("$id", id).ExecuteNonQuery();
        return files;
    }

    /// <summary>After the rows: a file without a row is swept in time, a row without its file would be a broken promise.</summary>
    private void DeleteFiles(MessageId id, List<string>? parts)
    {
        if (parts is not null)
        {
            parts.ForEach(part => File.Delete(directory.PartPath(id, part)));
            File.Delete(directory.RawPath(id));
        }
    }

    private async ValueTask InsertPartAsync(MessageId id, string part, byte[]? content) =>
        await database.Commits.WriteAsync(scope =>
            scope.Statement("""
                INSERT INTO parts (message_id, name, content) VALUES ($id, $name, $content)
                ON CONFLICT (message_id, name) DO UPDATE SET content = excluded.content
                """)
                .With("$id", id)
                .With("$name", part)
                .With("$content", content)
                .ExecuteNonQuery());

    private static async Task WritePartFileAsync(string path, ReadOnlyMemory<byte> first, Stream rest, CancellationToken cancel)
    {
        var unfinished = $"{path}.{Random.Shared.NextInt64():x16}.new"; // its own: a stage that was given up may still be writing the same part
        try
        {
            await using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, ReadBufferOctets, useAsync: true))
            {
                await file.WriteAsync(first, cancel);
                await rest.CopyToAsync(file, cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>Column null: it is in the file. No row: it is gone.</summary>
    private static Stream? Open(object? column, string path)
    {
        if (column is byte[] octets)
        {
            return new MemoryStream(octets, writable: false);
        }

        if (column is null)
        {
            return null;
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, ReadBufferOctets, useAsync: true);
        }
        catch (FileNotFoundException)
        {
            return null; // swept between the row and the file
        }
    }

    private static void Check(string part)
    {
        if (part.Length is 0 or > MaxPartNameLength || part[0] == '.' || part.AsSpan().ContainsAnyExcept(PartName))
        {
            throw new ArgumentException("A part's name has 1 to 64 of a-z, 0-9, '-' and '.', not first", nameof(part));
        }
    }
}
