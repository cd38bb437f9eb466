using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>
/// Each NAME.eml of Messages/ with NAME.json beside it: defects, whether automated, and the content that webhooks will tell of. Line ends of
/// the files are LF and become CRLF, but for files named *.crlf.eml.
/// </summary>
public sealed class MessageCaseTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Cases() => [.. Directory.EnumerateFiles(Expectation.Folder, "*.eml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Cases))]
    public async Task Message_gives_the_content_beside_it(string file)
    {
        var raw = await File.ReadAllBytesAsync(Path.Combine(Expectation.Folder, file), TestContext.Current.CancellationToken);
        using var run = new InspectRun();
        var inspected = await run.InspectAsync(file.EndsWith(".crlf.eml", StringComparison.Ordinal) ? raw : WithCrlf(raw));

        var actual = new JsonObject
        {
            ["defects"] = new JsonArray([.. inspected.Event.Verdict.Defects.Select(word => JsonValue.Create(word))]),
            ["automated"] = inspected.Event.Verdict.Automated,
            ["senderDomain"] = inspected.Event.Verdict.Sender.Domain,
            ["content"] = JsonSerializer.SerializeToNode(inspected.Content, ContentJson.Relaxed.MessageContent),
        }.ToJsonString(Readable).ReplaceLineEndings("\n") + "\n";

        await Expectation.CheckAsync(Path.ChangeExtension(file, ".json"), actual);
    }

    private static byte[] WithCrlf(byte[] octets)
    {
        using var result = new MemoryStream();
        foreach (var octet in octets)
        {
            if (octet == '\n')
            {
                result.WriteByte((byte)'\r');
            }

            result.WriteByte(octet);
        }

        return result.ToArray();
    }
}
