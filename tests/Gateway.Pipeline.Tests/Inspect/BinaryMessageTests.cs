using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>Messages as BODY=BINARYMIME and accepted bare line ends let them in: any octet anywhere, to a webhook's body and its attachments.</summary>
public sealed class BinaryMessageTests : IDisposable
{
    private const string Head = "From: alice@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";

    private static readonly byte[] AllOctets = [.. Enumerable.Range(0, 256).Select(octet => (byte)octet)];

    private readonly InspectRun _run = new();

    public static TheoryData<string> Attachments =>
    [
        "", "\0", "\r", "\n", "\r\n", "\n\r", "\r\r\n", "\r\n\r\n", ".", "\r\n.\r\n", "x\r", "x\n", "\0\r\n\0", "-", "--", "\r\n--", "\r\n-b\r\n", "\xff\xfe", "\x1a", "=\n", "From x\n",
    ];

    public void Dispose() => _run.Dispose();

    [Theory, MemberData(nameof(Attachments))]
    public Task A_binary_attachment_is_its_octets_to_the_last(string content) => CheckAttachmentAsync(Encoding.Latin1.GetBytes(content));

    [Fact]
    public async Task A_binary_attachment_of_any_octets_is_its_octets()
    {
        await CheckAttachmentAsync(AllOctets);
        var random = new Random(30);
        byte[] likely = [.. "\r\n\r\n\0-.="u8];
        for (var round = 0; round < 100; round++)
        {
            var content = new byte[random.Next(300)];
            random.NextBytes(content);
            for (var i = 0; i < content.Length; i++)
            {
                content[i] = random.Next(3) == 0 ? likely[random.Next(likely.Length)] : content[i];
            }

            await CheckAttachmentAsync(content);
        }
    }

    [Fact]
    public async Task A_big_binary_attachment_is_stored_as_a_part_of_its_octets()
    {
        var content = new byte[3_000_000];
        new Random(31).NextBytes(content);
        var attachment = await AttachmentAsync(content);
        Assert.Equal((content.Length, Convert.ToHexStringLower(SHA256.HashData(content))), (attachment.Size, attachment.Sha256));
        Assert.Equal(content, await _run.PartAsync(attachment.Part!));
    }

    [Fact]
    public async Task Text_of_all_octets_is_harmless_in_a_webhook()
    {
        byte[] raw = [.. Encoding.ASCII.GetBytes("From: a@example.org\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: binary\r\n\r\n"), .. AllOctets];
        var data = await PayloadAsync(raw);
        var text = data.GetProperty("text").GetString()!;
        Assert.StartsWith("\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\t\n\ufffd\f\n\ufffd", text, StringComparison.Ordinal);
        Assert.EndsWith("ýþÿ", text, StringComparison.Ordinal);
        Assert.Equal(256, text.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("x")]
    [InlineData("From: a@example.org\nSubject: x\ny\n\nbody")]
    [InlineData("From: a@example.org\r\nSubject: a\0b\rc\x7f\r\n\r\nbody")]
    [InlineData("From: a\0@example.org\r\nX-\0: y\r\n\r\n\0")]
    [InlineData("From: a@example.org\rSubject: x\r\rbody")]
    [InlineData("\0\0\0\0\r\n\r\n\r\n")]
    [InlineData("Content-Type: text/\0plain; charset=\0\r\nContent-Disposition: attachment; filename=\"a\0b\r.txt\"\r\n\r\nx")]
    public Task Nothing_in_a_message_spoils_the_webhook(string message) => PayloadAsync(Encoding.Latin1.GetBytes(message));

    [Fact]
    public async Task Noise_does_not_spoil_the_webhook()
    {
        string[] pieces = ["\r\n", "\r\n", "\n", "\r", "\0", "\xff", "From: a@b\r\n", "Subject: =?utf-8?q?=00=0d?=", "Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n", "--b--", ":", " ", "\x1b", "é", "="];
        var random = new Random(32);
        for (var round = 0; round < 150; round++)
        {
            var noise = new byte[random.Next(40)];
            random.NextBytes(noise);
            await PayloadAsync([.. Encoding.Latin1.GetBytes(string.Concat(random.GetItems(pieces, random.Next(30)))), .. noise]);
        }
    }

    private async Task CheckAttachmentAsync(byte[] content)
    {
        var attachment = await AttachmentAsync(content);
        Assert.Equal(Convert.ToHexString(content), Convert.ToHexString(attachment.Content!));
        Assert.Equal((content.Length, Convert.ToHexStringLower(SHA256.HashData(content))), (attachment.Size, attachment.Sha256));
    }

    private async Task<AttachmentContent> AttachmentAsync(byte[] content)
    {
        byte[] raw =
        [
            .. Encoding.ASCII.GetBytes(Head + "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"),
            .. content,
            .. "\r\n--b\r\nContent-Type: text/plain\r\n\r\nbehind\r\n--b--"u8,
        ];
        var inspected = await _run.InspectAsync(raw);
        Assert.Equal("behind", inspected.Content.Text);
        return Assert.Single(inspected.Content.Attachments);
    }

    /// <summary>The data of a webhook, once it has been read as strict JSON in which no string has a control character that is not white space.</summary>
    private async Task<JsonElement> PayloadAsync(byte[] raw)
    {
        var inspected = await _run.InspectAsync(raw);
        var item = Samples.Delivery() with { Message = inspected.Event.Message, Verdict = inspected.Event.Verdict, Summary = inspected.Event.Summary };
        var links = inspected.Content.Attachments.Where(attachment => attachment.Part is not null)
            .ToFrozenDictionary(attachment => attachment.Part!, attachment => new Uri($"https://links.example/{attachment.Part}"));
        var body = PayloadWriter.Write(item, inspected.Content, new(new("https://links.example/raw"), links));
        Assert.False(body.Span.ContainsAnyInRange((byte)0, (byte)0x1f), Convert.ToHexString(raw));
        var root = JsonDocument.Parse(body).RootElement;
        Assert.All(Strings(root), text => Assert.False(text.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\f')), Convert.ToHexString(raw)));
        return root.GetProperty("data");
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Strings(property.Value)),
        _ => [],
    };
}
