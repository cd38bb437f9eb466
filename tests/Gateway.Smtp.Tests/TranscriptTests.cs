using System.ComponentModel;

namespace Gateway.Smtp.Tests;

/// <summary>Replays every file of Transcripts/ over a real socket: whole, one octet at a time, and in pieces of a seeded random length.</summary>
public sealed class TranscriptTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Transcripts");

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var path in Directory.EnumerateFiles(Folder, "*.smtp").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            cases.Add(name, int.MaxValue);
            if (!Transcript.Read(path).IsWholeOnly)
            {
                cases.Add(name, 1);
                cases.Add(name, new Random(name.Aggregate(17, (sum, c) => unchecked((sum * 31) + c))).Next(2, 60));
            }
        }

        return cases;
    }

    [Fact]
    public void There_are_many_dialogues() => Assert.True(Directory.EnumerateFiles(Folder, "*.smtp").Count() >= 150);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Session_follows_transcript(string file, int octetsPerWrite)
    {
        var transcript = Transcript.Read(Path.Combine(Folder, file));
        var (limits, clientIp) = (new LimitOptions(), new ClientIpOptions());
        Set(limits, "Limits:", transcript);
        Set(clientIp, "ClientIp:", transcript);
        await using var server = await TestServer.StartAsync(
            options => Set(options, "", transcript),
            withCertificate: !transcript.Lines.Any(line => line is { Kind: "@", Text: "no certificate" }),
            limits: limits,
            clientIp: clientIp);
        var client = await server.ConnectAsync();
        foreach (var line in transcript.Lines)
        {
            switch (line.Kind)
            {
                case "C" when line.Text == TestClient.Close:
                    await client.DisposeAsync();
                    break;
                case "C":
                    await client.SendAsync(Transcript.OctetsToSend(line.Text), octetsPerWrite);
                    break;
                case "C-tls":
                    Assert.Equal(line.Text != "fails", await client.HandshakeAsync());
                    break;
                case "S":
                    var actual = await client.ReadLineAsync();
                    Assert.True(Matches(line.Text, actual), $"{file}:{line.Number}: wanted {line.Text}, got {actual}");
                    break;
            }
        }

        await client.DisposeAsync();
        await server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        CheckMessages(transcript, server.Intake);
    }

    private static void CheckMessages(Transcript transcript, MemoryIntake intake)
    {
        Assert.Equal(0, intake.Open);
        var committed = intake.Committed.ToArray();
        var wanted = transcript.Lines.Where(line => line.Kind == "M").ToArray();
        Assert.Equal(wanted.Length, committed.Length);
        foreach (var (line, message) in wanted.Zip(committed))
        {
            if (line.Text != "*")
            {
                Assert.Equal(Transcript.Octets(line.Text), message.Raw);
            }
        }

        foreach (var defect in transcript.Lines.Where(line => line.Kind == "D"))
        {
            Assert.Equal(defect.Text, string.Join(' ', committed[^1].Event.Defects));
        }
    }

    private static void Set(object options, string section, Transcript transcript)
    {
        foreach (var line in transcript.Lines.Where(line => line.Kind == "O" && line.Text.LastIndexOf(':', line.Text.IndexOf('=')) + 1 == section.Length && line.Text.StartsWith(section, StringComparison.Ordinal)))
        {
            var (name, value) = (line.Text.Split('=')[0][section.Length..], line.Text.Split('=')[1]);
            var property = options.GetType().GetProperty(name)!;
            property.SetValue(options, TypeDescriptor.GetConverter(property.PropertyType).ConvertFromInvariantString(value));
        }
    }

    private static bool Matches(string wanted, string actual) =>
        wanted.EndsWith('*') ? actual.StartsWith(wanted[..^1], StringComparison.Ordinal) : actual == wanted;
}
