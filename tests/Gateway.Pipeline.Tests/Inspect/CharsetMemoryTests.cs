using System.Text;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>A sender who makes up charset names does not fill our memory with them.</summary>
[Collection("Alone")]
public sealed class CharsetMemoryTests
{
    [Fact]
    public async Task Names_that_a_message_made_up_are_forgotten_after_it()
    {
        using var run = new InspectRun();
        Assert.NotNull(CharsetMemory.Count); // else a newer MimeKit keeps them elsewhere, and they have to be found
        var message = new StringBuilder("From: a@example.org\r\n");
        for (var n = 0; n < 900; n++)
        {
            message.Append(null, $"X-{n}: =?made-up-{n}-a?q?a?= =?made-up-{n}-b?q?a?= =?made-up-{n}-c?q?a?=\r\n");
        }

        await run.InspectAsync(message.Append("\r\nText.\r\n").ToString());
        Assert.InRange(CharsetMemory.Count.Value, 1, CharsetMemory.MaxNames);
    }

    [Fact]
    public async Task A_charset_that_MimeKit_took_for_unknown_before_us_is_known_to_us()
    {
        using var run = new InspectRun();
        await run.InspectAsync(Message);
        var names = (System.Collections.IDictionary)typeof(MimeKit.MimeMessage).Assembly.GetType("MimeKit.Utils.CharsetUtils")!
            .GetField("aliases", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.GetValue(null)!;
        names["iso-2022-jp"] = -1; // as a program leaves it that used MimeKit before the code pages were known
        CharsetMemory.ForgetUnknown();

        Assert.Equal("日本.pdf", Assert.Single((await run.InspectAsync(Message)).Content.Attachments).Name);
    }

    private const string Message =
        "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name*=iso-2022-jp''%1B%24BF%7CK%5C%1B%28B.pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n";
}

/// <summary>Tests of what the process has only once.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class AloneCollection;
