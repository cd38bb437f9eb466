using Gateway.Core.Ports;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>Tells what a failed write means for a client.</summary>
internal static class StorageFault
{
    private const int SqliteFull = 13;
    private const int NoSpace = 28; // ENOSPC, the same on Linux and macOS
    private const int QuotaLinux = 122; // EDQUOT
    private const int QuotaMac = 69;
    private const int DiskFullWindows = unchecked((int)0x80070070);

    /// <summary>The same fault as the intake's exception; the cause stays inside for the log.</summary>
    public static IntakeException ToIntakeException(Exception cause) =>
        IsFull(cause)
            ? new(IntakeFault.Full, "There is no space in the data directory", cause)
            : new(IntakeFault.Unavailable, "The data directory cannot be written", cause);

    private static bool IsFull(Exception cause) => cause switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteFull,
        IOException io => io.HResult is NoSpace or QuotaLinux or QuotaMac or DiskFullWindows,
        _ => false,
    };
}
