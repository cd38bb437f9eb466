namespace Gateway.Local.Storage;

/// <summary>The directory in which one gateway keeps its state. Held by a lock while it is open: a second instance is refused.</summary>
/// <remarks>
/// <c>gateway.db</c> (SQLite), <c>raw/</c> and <c>parts/</c> (what is too big for a row), <c>lock</c>, and small secrets of its own,
/// readable by the owner only.
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        (Root, _lock) = (path, held);
        Raw = Directory.CreateDirectory(Path.Combine(path, "raw")).FullName;
        Parts = Directory.CreateDirectory(Path.Combine(path, "parts")).FullName;
    }

    /// <summary>The absolute path.</summary>
    public string Root { get; }

    /// <summary>Raw messages that are too big for a row.</summary>
    public string Raw { get; }

    /// <summary>Parts that are too big for a row.</summary>
    public string Parts { get; }

    public string Database => Path.Combine(Root, "gateway.db");

    /// <summary>Creates the directory if need be and takes its lock.</summary>
    /// <exception cref="StartupException">It cannot be written, or another instance holds it.</exception>
    public static DataDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(root);
            }
            else
            {
                // Mail is private: nobody but the owner looks in, whatever the umask says.
                Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
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
        catch (IOException e) when (held is null && File.Exists(Path.Combine(root, "lock")))
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

    public void Dispose() => _lock.Dispose();

    private static string Reason(Exception e) => e.Message.TrimEnd('.');
}
