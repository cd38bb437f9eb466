using System.Text;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Tests;

/// <summary>Seeded nonsense that is close to SMTP. Three things hold always: no exception, every reply well formed, the session ends.</summary>
public sealed class RandomDialogueTests
{
    private static readonly string[] Pieces =
    [
        "EHLO client.example\r\n", "HELO x\r\n", "MAIL FROM:<a@b>", "MAIL FROM:<>", "MAIL FROM:", " SIZE=100", " BODY=8BITMIME", "\r\n", "\r\n", "\r\n",
        "RCPT TO:<user@example.net>\r\n", "RCPT TO:<postmaster>\r\n", "RCPT TO:<nobody@example.net>\r\n", "DATA\r\n", "DATA\r\n", ".\r\n", ".\r\n", "..\r\n",
        "Received: x\r\n", "Subject: x\r\n", "RSET\r\n", "NOOP\r\n", "VRFY x\r\n", "HELP\r\n", "FOO\r\n", "\0", "\xff", " ", "<", ">", "\"", "\\", "\r", "\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_random_dialogue_ends_well(int seed)
    {
        var logs = new CapturedLogs();
        await using var server = await TestServer.StartAsync(loggers: logs);
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            await using var client = await server.ConnectAsync();
            var text = new StringBuilder(random.Next(3) == 0 ? "" : "EHLO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<user@example.net>\r\n");
            for (var count = random.Next(80); count > 0; count--)
            {
                // The last two, a bare CR and LF, end the session: seldom, or little else is tried.
                text.Append(Pieces[random.Next(random.Next(10) == 0 ? Pieces.Length : Pieces.Length - 2)]);
            }

            await client.SendAsync(Encoding.Latin1.GetBytes(text + "\r\n.\r\nQUIT\r\n"), random.Next(3) == 0 ? random.Next(1, 20) : int.MaxValue);
            await CheckRepliesAsync(client);
        }

        Assert.DoesNotContain(logs.Entries, entry => entry.Level >= LogLevel.Error);
        await server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, server.Intake.Open);
    }

    private static async Task CheckRepliesAsync(TestClient client)
    {
        string reply;
        do
        {
            reply = await client.ReadReplyAsync();
            Assert.True(
                reply == TestClient.Close || reply.Split('\n').All(line => line.Length is > 4 and <= 510 && line[0] is >= '2' and <= '5' && line.All(c => c is >= ' ' and <= '~')),
                reply);
        }
        while (reply != TestClient.Close && reply[..3] is not ("221" or "421" or "521"));
    }
}
