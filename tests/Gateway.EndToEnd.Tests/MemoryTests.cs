using System.Security.Cryptography;
using System.Text;

namespace Gateway.EndToEnd.Tests;

/// <summary>Memory is bounded: a message is streamed (invariant 8). Alone in its process run, since the whole process is measured.</summary>
[Collection("Alone")]
public sealed class MemoryTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    [Trait("Category", "slow")]
    public async Task A_message_of_a_hundred_megabytes_raises_memory_by_no_more_than_thirty_two()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(
            EmbeddedGateway.ToEndpoints(("app", receiver.Url)),
            change: options => options with { Smtp = new() { Hostname = "gateway.localhost", MaxMessageOctets = 150 * Megabyte } });
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);

        // Once with a smaller one, so that code and pools are there.
        await SendAsync(smtp, megabytes: 5);
        await receiver.NextAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var before = Environment.WorkingSet;
        using var peak = new PeakWorkingSet();
        var hash = await SendAsync(smtp, megabytes: 100);
        var data = (await receiver.NextAsync()).Data;
        peak.Dispose();

        Assert.Equal(hash, data.GetProperty("raw").GetProperty("sha256").GetString());
        Assert.Equal(72L * Megabyte, data.GetProperty("attachments")[0].GetProperty("size").GetInt64());
        var raised = (peak.Octets - before) / Megabyte;
        TestContext.Current.TestOutputHelper?.WriteLine($"Working set rose by {raised} MB while a message of 100 MB was received, inspected and delivered");
        Assert.InRange(raised, long.MinValue, 32);
    }

    /// <summary>A message with one attachment, made while it is sent; base64 of zeros, so that the client needs no memory either.</summary>
    internal static async Task<string> SendAsync(RawSmtp smtp, int megabytes)
    {
        await smtp.CommandAsync("MAIL FROM:<alice@example.org>");
        await smtp.CommandAsync("RCPT TO:<support@in.example.com>");
        await smtp.CommandAsync("DATA");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        async Task Send(byte[] octets)
        {
            hash.AppendData(octets);
            await smtp.SendAsync(octets);
        }

        await Send(Encoding.ASCII.GetBytes(
            "From: alice@example.org\r\nSubject: Big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            + "--b\r\nContent-Type: text/plain\r\n\r\nSee the attachment\r\n--b\r\nContent-Type: application/octet-stream; name=zeros.bin\r\n"
            + "Content-Disposition: attachment; filename=zeros.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"));

        // 64 characters and CRLF are 48 octets decoded; 16,384 lines are 786,432 octets: 0.75 MB in 1.03 MB.
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('A', 64) + "\r\n", 16384)));
        for (var n = 0; n < megabytes * 96 / 100; n++)
        {
            await Send(block);
        }

        await Send("\r\n--b--\r\n"u8.ToArray());
        Assert.StartsWith("250", await smtp.CommandAsync("."), StringComparison.Ordinal);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The largest working set, looked at every few milliseconds.</summary>
    private sealed class PeakWorkingSet : IDisposable
    {
        private readonly Timer _timer;

        public PeakWorkingSet() => _timer = new(_ => Octets = Math.Max(Octets, Environment.WorkingSet), null, 0, 5);

        public long Octets { get; private set; }

        public void Dispose() => _timer.Dispose();
    }
}

/// <summary>Tests that measure the process or load it so much that others would suffer.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class AloneCollection;
