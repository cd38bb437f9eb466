using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>The SQLite file: one connection that writes, on the commit thread, and pooled ones that read.</summary>
public sealed class LocalDatabase : IDisposable
{
    private readonly string _readers;

    private LocalDatabase(string path, CommitThread commits)
    {
        Commits = commits;
        _readers = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 5 }.ToString();
    }

    internal CommitThread Commits { get; }

    /// <summary>Opens a data directory's database, creating or upgrading it.</summary>
    /// <exception cref="StartupException">
    /// It cannot be used: read-only, corrupt, of a newer program; or it is missing while messages that it would name are there.
    /// </exception>
    public static LocalDatabase Open(DataDirectory directory)
    {
        if (new FileInfo(directory.Database) is not { Exists: true, Length: > 0 })
        {
            RefuseToForget(directory);
            directory.CreatePrivateFile(directory.Database); // its log and index take over its mode
        }

        return Open(directory.Database);
    }

    /// <summary>Opens the file, creating or upgrading it.</summary>
    /// <exception cref="StartupException">It cannot be used: read-only, corrupt, or of a newer program.</exception>
    public static LocalDatabase Open(string path)
    {
        var writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            writer.Open();
            Prepare(writer);
            Schema.Upgrade(writer);
            return new(path, new(writer));
        }
        catch (SqliteException e)
        {
            writer.Dispose();
            throw new StartupException(StartupFault.Database, $"The database {path} cannot be used: {e.Message.TrimEnd('.')}", e);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>A connection to read with; the caller disposes it, which gives it back.</summary>
    internal SqliteConnection Read()
    {
        var connection = new SqliteConnection(_readers);
        connection.Open();
        return connection;
    }

    public void Dispose()
    {
        Commits.Dispose();
        using var pool = new SqliteConnection(_readers);
        SqliteConnection.ClearPool(pool);
    }

    /// <summary>A new database names no message: the sweep would take every file of the old one for the leftover of a crash.</summary>
    private static void RefuseToForget(DataDirectory directory)
    {
        if (Directory.EnumerateFileSystemEntries(directory.Raw).Any())
        {
            throw new StartupException(
                StartupFault.Database,
                $"The database {directory.Database} is missing, and {directory.Raw} holds messages that it would name; put it back, or move them away");
        }
    }

    private static void Prepare(SqliteConnection writer)
    {
        using var command = writer.CreateCommand();

        // FULL: a commit returns after its log is synced; this is what 250 stands on. fullfsync: macOS syncs to the platter only when asked.
        // auto_vacuum only takes hold in a new file; the sweep then gives pages back little by little.
        command.CommandText = """
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA fullfsync = ON;
            PRAGMA checkpoint_fullfsync = ON;
            PRAGMA journal_size_limit = 67108864;
            """;
        command.ExecuteNonQuery();
    }
}
