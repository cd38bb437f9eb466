using Gateway.Core;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>How values stand in columns.</summary>
internal static class Values
{
    public static byte[] Octets(this MessageId id) => id.Value.ToByteArray(bigEndian: true);

    public static MessageId GetMessageId(this SqliteDataReader row, int column) => new(new Guid((byte[])row[column], bigEndian: true));

    public static SqliteCommand With(this SqliteCommand command, string name, object? value)
    {
        command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    public static SqliteCommand With(this SqliteCommand command, string name, MessageId id) => command.With(name, id.Octets());

    /// <summary>The first octets of a pooled array, without a copy.</summary>
    public static SqliteCommand With(this SqliteCommand command, string name, byte[] octets, int length)
    {
        command.Parameters.Add(new SqliteParameter(name, SqliteType.Blob) { Value = octets, Size = length });
        return command;
    }
}
