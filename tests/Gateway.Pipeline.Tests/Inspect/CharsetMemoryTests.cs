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
}

/// <summary>Tests of what the process has only once.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class AloneCollection;
