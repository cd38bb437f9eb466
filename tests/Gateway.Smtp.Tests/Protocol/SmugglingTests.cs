using System.Text;
using System.Text.RegularExpressions;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>
/// Sequences that one server or another takes for the end of DATA (smtpsmuggling.com, CVE-2023-51764, -51765, -51766 and what was found since), each followed by
/// commands and by the true end. Whatever the policy: never more than one message, and what is stored is what was sent.
/// </summary>
public sealed partial class SmugglingTests
{
    private const string Smuggled = "MAIL FROM:<evil@example.org>\r\nRCPT TO:<user@example.net>\r\nDATA\r\nsmuggled\r\n";

    private static readonly string[] Breaks =
        ["\r", "\n", "\r\n", "\n\r", "\r\r\n", "\r\n\n", "\r\n\r", "\n\n", "\r\r", "\r\0\n", "\0\r\n", "\r\n\0", "\0", "\x85", "\u000b", "\f", "\r\n "];

    private static readonly string[] Dots = [".", "..", ".\0", "\0.", ". ", ".\t", "\xae"];

    public static IEnumerable<string> Sequences() =>
        from before in Breaks
        from dot in Dots
        from after in Breaks
        let sequence = before + dot + after
        where !sequence.Contains("\r\n.\r\n", StringComparison.Ordinal)
        select sequence;

    [Fact]
    public void No_sequence_but_CRLF_dot_CRLF_ends_the_message()
    {
        Assert.InRange(Sequences().Count(), 1900, 2100);
        foreach (var sequence in Sequences())
        {
            var sent = $"Subject: x\r\n\r\nfirst{sequence}{Smuggled}";
            var stored = Unstuffed().Replace(sent, "$1");
            var octets = Encoding.Latin1.GetBytes(sent + ".\r\n");
            foreach (var cuts in (int[][])[[], [.. Enumerable.Range(0, octets.Length)]])
            {
                var about = Convert.ToHexString(Encoding.Latin1.GetBytes(sequence));
                var accepted = Decoding.Data(octets, cuts, DecodingLimits.None(BareLineEndings.Accept));
                Assert.True((DataStatus.Complete, octets.Length) == (accepted.Status, accepted.Consumed), about);
                Assert.True(stored == Encoding.Latin1.GetString(accepted.Message), about);

                var refused = Decoding.Data(octets, cuts, DecodingLimits.None(BareLineEndings.Refuse));
                Assert.True(Wanted(sent) == refused.Status, about);
            }
        }
    }

    [Theory]
    [InlineData(BareLineEndings.Refuse)]
    [InlineData(BareLineEndings.Accept)]
    public async Task Over_a_socket_there_is_one_message_or_a_refusal(BareLineEndings policy)
    {
        await using var server = await TestServer.StartAsync(options => options.BareLineEndings = policy);
        foreach (var sequence in Sequences().Where((_, i) => i % 10 == 0))
        {
            server.Intake.Committed.Clear();
            var sent = $"Subject: x\r\n\r\nfirst{sequence}{Smuggled}";
            await using var client = await server.ConnectAsync();
            await client.BeginDataAsync();
            await client.SendAsync(Encoding.Latin1.GetBytes(sent + ".\r\nQUIT\r\n"));
            var wanted = policy == BareLineEndings.Accept ? DataStatus.Complete : Wanted(sent);
            Assert.StartsWith(
                wanted switch { DataStatus.Complete => "250 2.6.0 ", DataStatus.ContainsNul => "554 5.6.0 ", _ => "521 5.5.2 " },
                await client.ReadReplyAsync(),
                StringComparison.Ordinal);
            Assert.StartsWith(wanted == DataStatus.BadLineEnding ? TestClient.Close : "221 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
            Assert.Equal(
                wanted == DataStatus.Complete ? [Unstuffed().Replace(sent, "$1")] : [],
                server.Intake.Committed.Select(message => Encoding.Latin1.GetString(message.Raw)));
        }
    }

    private static DataStatus Wanted(string sent) =>
        BareEnding().IsMatch(sent) ? DataStatus.BadLineEnding : sent.Contains('\0') ? DataStatus.ContainsNul : DataStatus.Complete;

    [GeneratedRegex("(^|\r\n)[.]")]
    private static partial Regex Unstuffed();

    [GeneratedRegex("\r(?!\n)|(?<!\r)\n")]
    private static partial Regex BareEnding();
}
