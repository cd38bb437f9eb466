using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>The tables, and how an older database becomes a current one. <c>PRAGMA user_version</c> says which it is.</summary>
internal static class Schema
{
    /// <summary>Step N takes a database from version N to N + 1. Steps are added, never changed.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE messages (
            id          BLOB    NOT NULL UNIQUE,  -- MessageId, 16 octets
            received_at INTEGER NOT NULL,         -- all times: milliseconds since 1970, UTC
            octets      INTEGER NOT NULL,
            raw         BLOB,                     -- null: in the file raw/<id>
            kept_until  INTEGER                   -- null: ordinary retention
        );
        CREATE INDEX messages_received ON messages (received_at);

        CREATE TABLE parts (
            message_id BLOB NOT NULL,
            name       TEXT NOT NULL,
            content    BLOB,                      -- null: in the file parts/<id>.<name>
            PRIMARY KEY (message_id, name)
        );

        CREATE TABLE queue (
            seq         INTEGER PRIMARY KEY AUTOINCREMENT,
            queue       INTEGER NOT NULL,
            id          TEXT    NOT NULL,         -- StageMessage.Id; a second send of the same is dropped
            message_id  BLOB    NOT NULL,
            body        BLOB    NOT NULL,
            enqueued_at INTEGER NOT NULL,
            due         INTEGER NOT NULL,         -- not handed out before; while leased: when the lease expires
            lease       INTEGER NOT NULL DEFAULT 0, -- 0: not leased
            deliveries  INTEGER NOT NULL DEFAULT 0, -- how often it was handed out
            UNIQUE (queue, id)
        );
        CREATE INDEX queue_due ON queue (queue, due);
        CREATE INDEX queue_message ON queue (message_id);

        CREATE TABLE state (
            collection TEXT NOT NULL,
            id         TEXT NOT NULL,
            value      BLOB NOT NULL,
            etag       TEXT NOT NULL,
            expires    INTEGER,
            PRIMARY KEY (collection, id)
        );
        CREATE INDEX state_expires ON state (expires) WHERE expires IS NOT NULL;

        CREATE TABLE activity (
            seq        INTEGER PRIMARY KEY,
            message_id BLOB NOT NULL,
            entry      TEXT NOT NULL
        );
        CREATE INDEX activity_message ON activity (message_id);
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Current => Steps.Length;

    /// <summary>Brings the database to <see cref="Current"/>, each step in a transaction of its own.</summary>
    /// <exception cref="StartupException">It was written by a newer program.</exception>
    public static void Upgrade(SqliteConnection connection)
    {
        var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), null);
        if (version > Current)
        {
            throw new StartupException(
                StartupFault.Database,
                $"The database {connection.DataSource} has version {version} and this program knows up to {Current}; it was written by a newer one");
        }

        for (; version < Current; version++)
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, Steps[version]);
            Execute(connection, $"PRAGMA user_version = {version + 1}");
            transaction.Commit();
        }
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

#pragma warning disable CA2100 // the text is ours, from the table above
    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
#pragma warning restore CA2100
}
