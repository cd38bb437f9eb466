using System.Runtime.Versioning;
using Gateway.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Tests;

public sealed class DataDirectoryTests
{
    [Fact]
    public void A_second_instance_on_the_same_directory_is_refused_until_the_first_ends()
    {
        using var temp = new TestDirectory();
        using (DataDirectory.Open(temp.Path))
        {
            var refused = Assert.Throws<StartupException>(() => DataDirectory.Open(temp.Path));
            Assert.Equal(StartupFault.DataDirectoryInUse, refused.Fault);
            Assert.Contains(temp.Path, refused.Message, StringComparison.Ordinal);
        }

        DataDirectory.Open(temp.Path).Dispose();
    }

    [Fact]
    public void A_path_that_is_a_file_is_named_in_the_error()
    {
        using var temp = new TestDirectory();
        File.WriteAllText(temp.File("taken"), "x");
        var failure = Assert.Throws<StartupException>(() => DataDirectory.Open(temp.File("taken")));
        Assert.Equal(StartupFault.DataDirectory, failure.Fault);
        Assert.Contains("taken", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_named_in_the_error()
    {
        var failure = Assert.Throws<StartupException>(() => DataDirectory.Open("/proc/gateway"));
        Assert.Equal(StartupFault.DataDirectory, failure.Fault);
        Assert.Contains("/proc/gateway", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_named_in_the_error()
    {
        using var temp = new TestDirectory();
        File.WriteAllText(temp.File("gateway.db"), new string('x', 10_000));
        var failure = Assert.Throws<StartupException>(() => LocalDatabase.Open(temp.File("gateway.db")));
        Assert.Equal(StartupFault.Database, failure.Fault);
        Assert.Contains("gateway.db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_database_beside_messages_is_refused_and_the_messages_are_left_alone()
    {
        using var temp = new TestDirectory();
        using (var first = new LocalStorage(temp))
        {
            await first.AcceptAsync(IntakeTests.Noise(100_000));
        }

        foreach (var file in Directory.EnumerateFiles(temp.Path, "gateway.db*"))
        {
            File.Delete(file);
        }

        using var data = DataDirectory.Open(temp.Path);
        Assert.Equal(StartupFault.Database, Assert.Throws<StartupException>(() => LocalDatabase.Open(data)).Fault);
        Assert.Single(Directory.EnumerateFiles(data.Raw));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task What_is_made_in_a_directory_that_others_may_read_only_the_owner_reads()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes");
        using var temp = new TestDirectory();
        File.SetUnixFileMode(temp.Path, File.GetUnixFileMode(temp.Path) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        using var storage = new LocalStorage(temp);
        await storage.AcceptAsync([1]);
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        foreach (var path in (string[])["gateway.db", "gateway.db-wal", "gateway.db-shm", "raw", "parts"])
        {
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(temp.File(path)) & Others);
        }
    }

    [Fact]
    public void A_database_of_a_newer_program_is_refused_and_left_alone()
    {
        using var temp = new TestDirectory();
        using (LocalDatabase.Open(temp.File("gateway.db")))
        {
        }

        Execute(temp.File("gateway.db"), "PRAGMA user_version = 99");
        var failure = Assert.Throws<StartupException>(() => LocalDatabase.Open(temp.File("gateway.db")));
        Assert.Equal(StartupFault.Database, failure.Fault);
        Assert.Equal(99L, Execute(temp.File("gateway.db"), "PRAGMA user_version"));
    }

    [Fact]
    public void An_empty_database_is_brought_to_the_current_version_and_stays_there()
    {
        using var temp = new TestDirectory();
        for (var run = 0; run < 2; run++)
        {
            using (LocalDatabase.Open(temp.File("gateway.db")))
            {
            }

            Assert.Equal((long)Schema.Current, Execute(temp.File("gateway.db"), "PRAGMA user_version"));
        }
    }

    [Fact]
    public async Task A_commit_syncs_its_log_before_it_returns()
    {
        using var storage = new LocalStorage();
        const long Full = 2;
        Assert.Equal(Full, await storage.Database.Commits.WriteAsync(scope => scope.Statement("PRAGMA synchronous").ExecuteScalar()));
        Assert.Equal("wal", Execute(storage.Data.Database, "PRAGMA journal_mode"));
    }

    [Fact]
    public void Secrets_are_made_once_and_only_the_owner_reads_them()
    {
        using var temp = new TestDirectory();
        using var data = DataDirectory.Open(temp.Path);
        var made = data.ReadOrCreateSecret("key", () => [1, 2, 3]);
        Assert.Equal(made, data.ReadOrCreateSecret("key", () => [4, 5, 6]));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temp.File("key")));
        }
    }

    private static object? Execute(string path, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
