using System.Globalization;
using System.Security.Cryptography;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Testing.Azurite;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>The receiving half holds little, whatever comes in, and makes who is too fast wait (invariant 8).</summary>
[Collection("Alone")]
public sealed class ServingMemoryTests(ITestOutputHelper output)
{
    private const int Megabyte = 1024 * 1024;

    /// <summary>For all that .NET allocates; what is over it ends the process.</summary>
    private const int HeapLimit = 256 * Megabyte;

    [Fact]
    [Trait("Category", "slow")]
    public async Task A_message_of_a_hundred_megabytes_and_fifty_at_once_go_through_a_process_of_256_MiB()
    {
        var shared = await StorageTarget.GetAsync();
        Assert.SkipWhen(shared.Unavailable is not null, shared.Unavailable ?? "");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak of another process is read from /proc");
        using var disk = new TestDirectory(); // 5 GB are too much for memory
        await using var azurite = await AzuriteProcess.StartAsync([], TestContext.Current.CancellationToken, disk.Path);
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", new("http://127.0.0.1:1/"))), azurite);
        site.Settings["GATEWAY_Storage__ConnectionString"] = azurite.ConnectionString; // straight: nothing goes wrong here
        site.Settings["GATEWAY_Stages__InProcess"] = "false";
        site.Settings["GATEWAY_Smtp__MaxMessageOctets"] = $"{150 * Megabyte}";
        site.Settings["DOTNET_GCHeapHardLimit"] = HeapLimit.ToString("x", CultureInfo.InvariantCulture);
        await using var serve = await site.ServeAsync();

        await SendAsync(serve, megabytes: 5); // code and pools are there then
        await ForgetPeakAsync(serve.Id);
        var before = await ResidentAsync(serve.Id, "VmRSS");
        var hash = await SendAsync(serve, megabytes: 100);
        var peak = await ResidentAsync(serve.Id, "VmHWM");
        output.WriteLine($"One of 100 MB: resident {before / Megabyte} MB before, {peak / Megabyte} MB at most");
        Assert.InRange(peak - before, long.MinValue, 64 * Megabyte);
        Assert.Contains(hash, await HashesAsync(site, least: 50 * Megabyte));

        await ForgetPeakAsync(serve.Id);
        var hashes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(serve, megabytes: 100)));
        peak = await ResidentAsync(serve.Id, "VmHWM");
        output.WriteLine($"50 of 100 MB at once: resident {peak / Megabyte} MB at most");
        Assert.All(hashes, each => Assert.Equal(hash, each)); // all were answered 250
        Assert.InRange(peak, 0, HeapLimit + (128L * Megabyte)); // what is not the collector's: code, threads, sockets
        Assert.Equal(51, await CountAsync(site, least: 50 * Megabyte));
    }

    private static async Task<string> SendAsync(GatewayProcess serve, int megabytes)
    {
        using var smtp = await RawSmtp.ConnectAsync(serve.SmtpEndpoint);
        return await MemoryTests.SendAsync(smtp, megabytes);
    }

    private static Task ForgetPeakAsync(int process) => File.WriteAllTextAsync($"/proc/{process}/clear_refs", "5", TestContext.Current.CancellationToken);

    private static async Task<long> ResidentAsync(int process, string name)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{process}/status", TestContext.Current.CancellationToken)).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    private static async Task<int> CountAsync(AzureSite site, long least)
    {
        var count = 0;
        await foreach (var blob in site.Storage.Raw.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            count += blob.Properties.ContentLength >= least ? 1 : 0;
        }

        return count;
    }

    private static async Task<List<string>> HashesAsync(AzureSite site, long least)
    {
        var hashes = new List<string>();
        await foreach (var blob in site.Storage.Raw.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            if (blob.Properties.ContentLength >= least)
            {
                await using var content = await site.Storage.Raw.GetBlobClient(blob.Name).OpenReadAsync(cancellationToken: TestContext.Current.CancellationToken);
                hashes.Add(Convert.ToHexStringLower(await SHA256.HashDataAsync(content, TestContext.Current.CancellationToken)));
            }
        }

        return hashes;
    }
}
