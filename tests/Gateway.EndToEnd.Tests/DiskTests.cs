using Gateway.Core.Events;

namespace Gateway.EndToEnd.Tests;

/// <summary>A disk that fails: the client is told to come back, the log is told why, and nothing is answered 250 that is not kept.</summary>
public sealed class DiskTests
{
    [Fact]
    public async Task A_full_disk_is_452_and_mail_is_taken_again_when_there_is_space()
    {
        using var disk = SmallFileSystem.Mount();
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await StartAsync(receiver, disk.Directory.Path);
        var ballast = Path.Combine(disk.Directory.Path, "ballast");
        await FillAsync(ballast);

        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        Assert.StartsWith("452 4.3.1", await SendAsync(smtp, octets: 300_000), StringComparison.Ordinal);
        await gateway.Logs.WaitForAsync(line => line.Contains("No space left", StringComparison.OrdinalIgnoreCase) || line.Contains("full", StringComparison.OrdinalIgnoreCase));
        Assert.NotEmpty(await gateway.Gateway.NotReadyReasonsAsync(default));

        File.Delete(ballast);
        Assert.StartsWith("250 2.6.0", await SendAsync(smtp, octets: 300_000), StringComparison.Ordinal);
        Assert.Empty(await gateway.Gateway.NotReadyReasonsAsync(default));
        await receiver.NextAsync();
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_raw_directory_that_is_gone_is_451_with_the_cause_in_the_log_and_small_mail_is_still_taken()
    {
        await using var receiver = await Receiver.StartAsync();
        using var temp = new TestDirectory();
        await using var gateway = await StartAsync(receiver, temp.Path);
        Directory.Delete(temp.File("raw"));
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        Assert.StartsWith("451 4.3.0", await SendAsync(smtp, octets: 300_000), StringComparison.Ordinal);
        await gateway.Logs.WaitForAsync(line => line.Contains("DirectoryNotFoundException", StringComparison.Ordinal));
        Assert.StartsWith("250 2.6.0", await SendAsync(smtp, octets: 2_000), StringComparison.Ordinal);
        await receiver.NextAsync();
        Assert.Single(receiver.All);
    }

    [Fact]
    public async Task A_corrupt_database_is_451_with_the_cause_in_the_log()
    {
        await using var receiver = await Receiver.StartAsync();
        using var temp = new TestDirectory();
        await using var gateway = await StartAsync(receiver, temp.Path);
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        Assert.StartsWith("250 2.6.0", await SendAsync(smtp, octets: 2_000), StringComparison.Ordinal);
        await gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Delivered); // told after the last write about it

        foreach (var file in (string[])["gateway.db", "gateway.db-wal", "gateway.db-shm"])
        {
            await using var stream = new FileStream(Path.Combine(temp.Path, file), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            var noise = new byte[stream.Length];
            new Random(1).NextBytes(noise);
            await stream.WriteAsync(noise, TestContext.Current.CancellationToken);
        }

        var reply = await SendAsync(smtp, octets: 2_000);
        Assert.StartsWith("451 4.3.0", reply, StringComparison.Ordinal);
        await gateway.Logs.WaitForAsync(line => line.Contains("SqliteException", StringComparison.Ordinal));
    }

    private static Task<EmbeddedGateway> StartAsync(Receiver receiver, string data) =>
        EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)), change: options => options with { DataDirectory = data });

    private static Task<string> SendAsync(RawSmtp smtp, int octets)
    {
        var text = "Subject: disk\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", octets / 72));
        return smtp.SendMessageAsync("alice@example.org", ["support@in.example.com"], System.Text.Encoding.ASCII.GetBytes(text));
    }

    private static async Task FillAsync(string path)
    {
        await using var file = File.Create(path);
        try
        {
            while (true)
            {
                await file.WriteAsync(new byte[64 * 1024]);
                await file.FlushAsync();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
