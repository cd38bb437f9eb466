using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Local.Storage;

/// <summary>Makes the entry of a new file durable. Syncing a file's octets does not promise that its name survives a crash (fsync(2)).</summary>
internal static partial class DirectorySync
{
    /// <summary>Returns when the directory's entries are on disk. Windows journals them; nothing is to do there.</summary>
    /// <exception cref="IOException">They may not be.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = Open(directory, 0);
        if (handle.IsInvalid || FSync(handle) != 0)
        {
            throw new IOException($"The directory {directory} cannot be synced: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);
}
