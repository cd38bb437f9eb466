using Gateway.Core;

namespace Gateway.Local.Storage;

/// <summary>The directory in which one gateway keeps its state. Held by a lock while it is open: a second instance is refused.</summary>
/// <remarks>
/// <c>gateway.db</c> (SQLite), <c>raw/</c> and <c>parts/</c> (what is too big for a row), <c>lock</c>, and small secrets of its own,
/// readable by the owner only.
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    /// <summary>The database's file in the directory.</summary>
    public const string DatabaseName = "gateway.db";

    private const int WouldBlockLinux = 11; // EWOULDBLOCK: another process holds the lock
    private const int WouldBlockMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        (Root, _lock) = (path, held);
        Raw = CreatePrivate(Path.Combine(path, "raw"));
        Parts = CreatePrivate(Path.Combine(path, "parts"));
    }

    /// <summary>The absolute path.</summary>
    public string Root { get; }

    /// <summary>Raw messages that are too big for a row.</summary>
    public string Raw { get; }

    /// <summary>Parts that are too big for a row.</summary>
    public string Parts { get; }

    public string Database => Path.Combine(Root, DatabaseName);

    public string RawPath(MessageId id) => Path.Combine(Raw, id.ToString());

    public string PartPath(MessageId id, string part) => Path.Combine(Parts, $"{id}.{part}");

    /// <summary>Creates the directory if need be and takes its lock.</summary>
    /// <exception cref="StartupException">It cannot be written, or another instance holds it.</exception>
    public static DataDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            CreatePrivate(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(StartupFault.DataDirectory, $"The data directory {root} cannot be created: {Reason(e)}", e);
        }

        FileStream? held = null;
        try
        {
            // FileShare.None is an flock: the system lets it go when the process ends, however it ends.
            held = new(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new(root, held);
        }
        catch (IOException e) when (held is null && e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation)
        {
            throw new StartupException(StartupFault.DataDirectoryInUse, $"The data directory {root} is in use by another gateway; stop it or choose another one", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new StartupException(StartupFault.DataDirectory, $"The data directory {root} cannot be written: {Reason(e)}", e);
        }
    }

    /// <summary>A small secret file of the owner's; made by <paramref name="make"/> when it is not there yet.</summary>
    /// <exception cref="StartupException">It cannot be read or written.</exception>
    public byte[] ReadOrCreateSecret(string name, Func<byte[]> make)
    {
        var path = Path.Combine(Root, name);
        try
        {
            if (File.Exists(path))
            {
                return File.ReadAllBytes(path);
            }

            var secret = make();
            WriteSecret(name, secret);
            return secret;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(StartupFault.DataDirectory, $"The file {path} cannot be read or written: {Reason(e)}", e);
        }
    }

    /// <summary>Writes a secret file whole or not at all.</summary>
    public void WriteSecret(string name, ReadOnlySpan<byte> secret)
    {
        var path = Path.Combine(Root, name);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(path + ".new", options))
        {
            file.Write(secret);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
        DirectorySync.Flush(Root);
    }

    /// <summary>An empty file that only the owner reads; one that is there is left as it is.</summary>
    /// <exception cref="StartupException">It cannot be made.</exception>
    internal void CreatePrivateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using var file = new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(StartupFault.DataDirectory, $"The data directory {Root} cannot be written: {Reason(e)}", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Mail is private: what is made here nobody but the owner looks into, whatever the umask says. What exists is left as it is.</summary>
    private static string CreatePrivate(string path) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(path).FullName
        : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    private static string Reason(Exception e) => e.Message.TrimEnd('.');
}
