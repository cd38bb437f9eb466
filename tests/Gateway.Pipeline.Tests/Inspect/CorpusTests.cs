using System.Diagnostics;
using System.Text.Json;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>Published messages, whole, cut and with flipped octets: never an exception, a hang or an event too big. They are read from shared/data.</summary>
public sealed class CorpusTests : IDisposable
{
    private readonly InspectRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Every_published_message_is_inspected()
    {
        foreach (var file in Messages())
        {
            await SurviveAsync(file, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_sample_is_inspected_cut_and_with_flipped_octets()
    {
        foreach (var file in Messages().Where((_, i) => i % 20 == 0))
        {
            await SurviveDamageAsync(file);
        }
    }

    [Fact]
    [Trait("Category", "slow")]
    public async Task Every_published_message_is_inspected_cut_and_with_flipped_octets()
    {
        foreach (var file in Messages())
        {
            await SurviveDamageAsync(file);
        }
    }

    /// <summary>Another parser's opinion of well-formed messages, in what does not depend on its taste.</summary>
    [Fact]
    public async Task Subject_and_attachment_count_are_those_that_another_parser_found()
    {
        // It reads on past the boundary of the multipart around an unterminated message, and so finds one attachment of three.
        const string Disputed = "015.eml";
        var files = Messages().Where(file => (file.Contains("mail-parser-rfc", StringComparison.Ordinal) || file.Contains("mail-parser-thirdparty", StringComparison.Ordinal))
            && Path.GetFileName(file) != Disputed);
        foreach (var file in files)
        {
            using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.ChangeExtension(file, ".json"), TestContext.Current.CancellationToken));
            var inspected = await SurviveAsync(file, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal((file, SubjectOf(expected.RootElement)), (file, inspected.Content.Subject));
            Assert.Equal((file, expected.RootElement.GetProperty("attachments").GetArrayLength()), (file, inspected.Event.Summary.Attachments));
        }
    }

    private static string? SubjectOf(JsonElement message)
    {
        foreach (var header in message.GetProperty("parts")[0].GetProperty("headers").EnumerateArray())
        {
            if (header.GetProperty("name").ValueKind == JsonValueKind.String && header.GetProperty("name").GetString() == "subject"
                && header.GetProperty("value").TryGetProperty("Text", out var text))
            {
                return text.GetString();
            }
        }

        return null;
    }

    private async Task SurviveDamageAsync(string file)
    {
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        for (var sixteenth = 1; sixteenth < 16; sixteenth++)
        {
            await SurviveAsync($"{file} cut at {sixteenth}/16", whole[..(whole.Length * sixteenth / 16)]);
        }

        for (var seed = 1; seed <= 8; seed++)
        {
            var random = new Random(seed);
            var damaged = (byte[])whole.Clone();
            for (var flips = damaged.Length / 100 + 1; flips > 0 && damaged.Length > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            await SurviveAsync($"{file} with seed {seed}", damaged);
        }
    }

    private async Task<Inspected> SurviveAsync(string name, byte[] raw)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var inspected = await _run.InspectAsync(raw);
            Assert.DoesNotContain(Defect.Unparsable, inspected.Event.Verdict.Defects);
            Assert.DoesNotContain("\\u0000", System.Text.Encoding.UTF8.GetString(inspected.ContentJson), StringComparison.Ordinal);
            return inspected;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{name} after {Stopwatch.GetElapsedTime(started)}", error);
        }
    }

    private static List<string> Messages()
    {
        string[] kinds = [".eml", ".msg", ".txt", ".raw", ".tnef"];
        return [.. Directory.EnumerateFiles(TestData.Folder("mime"), "*", SearchOption.AllDirectories)
            .Where(path => kinds.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) && !path.Contains("_decoded", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }
}
