using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>Clients that send one message after another until the gateway goes away.</summary>
/// <param name="ledger">Where they write down what they were told.</param>
/// <param name="enough">So many accepted messages will do: from then on there is always something under way, but no crowd.</param>
internal sealed class Load(Ledger ledger, int enough)
{
    public const int Connections = 20;

    /// <summary>Longest pause between two messages of a client once there are enough, in milliseconds.</summary>
    private const int LongestPause = 100;

    /// <summary>Completes when every connection is gone and what came over it is read to the end.</summary>
    public Task RunAsync(IPEndPoint endpoint, int seed, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => ConverseAsync(endpoint, new Random(seed + connection), cancel)));

    private async Task ConverseAsync(IPEndPoint endpoint, Random random, CancellationToken cancel)
    {
        using var dialogue = new SmtpDialogue();
        try
        {
            await dialogue.OpenAsync(endpoint, cancel);
            while (await SendOneAsync(dialogue, random, cancel))
            {
                if (ledger.Accepted >= enough)
                {
                    await Task.Delay(random.Next(LongestPause), cancel);
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The gateway is gone: that is what the clients are here to see.
        }
    }

    /// <returns>False when the gateway closed without an answer.</returns>
    private async Task<bool> SendOneAsync(SmtpDialogue dialogue, Random random, CancellationToken cancel)
    {
        var message = LoadMessage.Create(ledger.NextNumber(), LoadMessage.SizeOf(random), random);
        await dialogue.BeginDataAsync(message.Recipients, cancel);
        ledger.Sending(message);
        await dialogue.SendAsync(message.Stuffed, cancel);
        string? reply = null;
        try
        {
            reply = await dialogue.ReadReplyAsync(cancel);
        }
        finally
        {
            Enter(message, reply);
        }

        return reply is not null;
    }

    private void Enter(LoadMessage message, string? reply)
    {
        if (reply is null)
        {
            ledger.NotAnswered();
        }
        else if (reply.StartsWith("250 ", StringComparison.Ordinal))
        {
            ledger.Promised(message);
        }
        else
        {
            ledger.Refused(reply);
        }
    }
}
