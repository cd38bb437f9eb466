using System.Text;

namespace Gateway.Smtp.Tests;

/// <summary>
/// Dialogues that another server's authors wrote (see SOURCES.md beside them), by the first digit of each code. They are not part of this
/// project: absent, the tests are skipped. Left out are auth_multi_dialog and auth_too_many_failures: they need AUTH over implicit TLS, and
/// this server takes no submissions.
/// </summary>
public sealed class ChasquidTests
{
    [Theory]
    [InlineData("t-05-null_address/sendmail.cmy")]
    [InlineData("t-12-minor_dialogs/auth_not_tls.cmy")]
    [InlineData("t-12-minor_dialogs/bad_data.cmy", "554 5.6.0", "250")] // it refuses a malformed header; we take it and say so in the event
    [InlineData("t-12-minor_dialogs/bad_rcpt_to.cmy")]
    [InlineData("t-12-minor_dialogs/empty_helo.cmy")]
    [InlineData("t-12-minor_dialogs/wrong_proto.cmy")]
    public async Task Dialogue_passes_by_code_class(string file, string? theirs = null, string? ours = null)
    {
        var dialogue = Path.Combine(TestData.Folder("smtp"), "chasquid", file);
        await using var server = await TestServer.StartAsync();
        TestClient? client = null;
        foreach (var (index, line) in (await File.ReadAllLinesAsync(dialogue, TestContext.Current.CancellationToken)).Index())
        {
            if (line.StartsWith("c tcp_connect", StringComparison.Ordinal))
            {
                client = await server.ConnectAsync();
            }
            else if (line.StartsWith("c -> ", StringComparison.Ordinal))
            {
                await client!.SendAsync(Encoding.UTF8.GetBytes(line[5..] + "\r\n"));
            }
            else if (line.StartsWith("c <", StringComparison.Ordinal))
            {
                var wanted = line[(line.IndexOf(' ', 2) + 1)..];
                wanted = theirs is not null && wanted.StartsWith(theirs, StringComparison.Ordinal) ? ours! : wanted;
                var actual = await client!.ReadReplyAsync();
                Assert.True(wanted[0] == actual[0], $"{file}:{index + 1}: wanted {wanted}, got {actual}");
            }
            else if (line == "c close")
            {
                await client!.DisposeAsync();
            }
            else
            {
                Assert.True(line.Length == 0 || line[0] == '#', $"{file}:{index + 1}: not understood: {line}");
            }
        }

        await client!.DisposeAsync();
    }
}
