using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>Tells what a failed write means for a client.</summary>
internal static class StorageFault
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteReadOnly = 8;
    private const int SqliteIoError = 10;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;
    private const int SqliteConstraint = 19;
    private const int SqliteNotADatabase = 26;
    private const int NoSpace = 28; // ENOSPC, the same on Linux and macOS
    private const int QuotaLinux = 122; // EDQUOT
    private const int QuotaMac = 69;
    private const int DiskFullWindows = unchecked((int)0x80070070);

    /// <summary>The same fault as the intake's exception; the cause stays inside for the log.</summary>
    public static IntakeException ToIntakeException(Exception cause) =>
        IsFull(cause)
            ? new(IntakeFault.Full, "There is no space in the data directory", cause)
            : new(IntakeFault.Unavailable, "The data directory cannot be written", cause);

    /// <summary>The lock, the disk or the file is at fault, and not what was to be written.</summary>
    public static bool IsOfDatabase(Exception cause) => cause is SqliteException
    {
        SqliteErrorCode: SqliteBusy or SqliteLocked or SqliteReadOnly or SqliteIoError or SqliteCorrupt or SqliteFull or SqliteCannotOpen or SqliteNotADatabase,
    };

    /// <summary>It is certain that nothing was committed: SQLite gave up before, or took it back.</summary>
    public static bool IsCertain(Exception cause) => cause is SqliteException
    {
        SqliteErrorCode: SqliteBusy or SqliteLocked or SqliteReadOnly or SqliteFull or SqliteConstraint,
    };

    /// <summary>Our surroundings failed, and not the code: trying again is right, however often.</summary>
    public static bool IsOfSurroundings(Exception cause) =>
        cause is SqliteException or IOException or UnauthorizedAccessException or TimeoutException or OperationCanceledException or NoConfigurationException;

    private static bool IsFull(Exception cause) => cause switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteFull,
        IOException io => io.HResult is NoSpace or QuotaLinux or QuotaMac or DiskFullWindows,
        _ => false,
    };
}
