using Gateway.Core.Events;
using Gateway.Local;
using Gateway.Smtp.Protocol;

namespace Gateway.EndToEnd.Tests;

/// <summary>Published messages, good and malformed, through the whole gateway.</summary>
public sealed class CorpusTests
{
    [Fact]
    public async Task Every_message_of_the_corpus_comes_back_byte_for_byte_and_is_delivered()
    {
        var files = Messages();
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)), change: TakingAnyOctet);
        using var smtp = await RawSmtp.ConnectAsync(gateway.Gateway.SmtpEndpoint);
        var sent = new Dictionary<string, (string File, byte[] Raw)>();
        foreach (var (number, file) in files.Index())
        {
            var raw = WithCrLf(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            var reply = await smtp.SendMessageAsync("alice@example.org", [$"file-{number}@in.example.com"], raw);
            Assert.True(reply.StartsWith("250 ", StringComparison.Ordinal), $"{file}: {reply}");
            sent.Add($"file-{number}@in.example.com", (file, raw));
        }

        foreach (var webhook in await receiver.TakeAsync(files.Count))
        {
            var (file, raw) = sent[webhook.To];
            var octets = await MailTests.DownloadAsync(webhook.Data.GetProperty("raw").GetProperty("url").GetString()!);
            Assert.True(raw.AsSpan().SequenceEqual(octets), $"{file} came back changed");
        }

        Assert.Empty(receiver.Refused);
        lock (gateway.Story)
        {
            Assert.DoesNotContain(gateway.Story, entry => entry.Kind is ActivityKind.DeadLettered or ActivityKind.Retrying);
        }
    }

    /// <summary>The files that are messages, by what each set calls them; the others are expectations.</summary>
    internal static List<string> Messages()
    {
        var files = Directory.EnumerateFiles(TestData.Folder("mime"), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".eml" or ".msg" or ".txt" or ".raw" or ".mbox" or "")
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.True(files.Count >= 300, $"Only {files.Count} messages were found");
        return files;
    }

    /// <summary>One of the messages holds a NUL.</summary>
    internal static LocalGatewayOptions TakingAnyOctet(LocalGatewayOptions options)
    {
        options.Smtp.BareLineEndings = BareLineEndings.Accept;
        return options;
    }

    /// <summary>CR and LF alone become CRLF, and the last line gets an end.</summary>
    internal static byte[] WithCrLf(byte[] octets)
    {
        var lines = new MemoryStream(octets.Length + 1024);
        for (var at = 0; at < octets.Length; at++)
        {
            if (octets[at] is (byte)'\r' or (byte)'\n')
            {
                at += octets[at] == '\r' && at + 1 < octets.Length && octets[at + 1] == '\n' ? 1 : 0;
                lines.Write("\r\n"u8);
            }
            else
            {
                lines.WriteByte(octets[at]);
            }
        }

        if (octets.Length > 0 && octets[^1] is not ((byte)'\r' or (byte)'\n'))
        {
            lines.Write("\r\n"u8);
        }

        return lines.ToArray();
    }
}
