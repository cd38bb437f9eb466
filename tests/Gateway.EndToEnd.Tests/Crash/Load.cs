using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>Clients that send one message after another until the gateway goes away.</summary>
/// <param name="ledger">Where they write down what they were told.</param>
/// <param name="backlog">Messages accepted and not delivered, as far as the test knows.</param>
internal sealed class Load(Ledger ledger, Func<int> backlog)
{
    public const int Connections = 20;

    /// <summary>With more than these waiting for their delivery, clients hold back: a run must also come to its end.</summary>
    private const int MostBacklog = 600;

    /// <summary>Completes when every connection is gone.</summary>
    /// <param name="endpoint">The gateway.</param>
    /// <param name="seed">For the messages.</param>
    /// <param name="dead">The gateway has ended: nobody holds back any more. What it said before is still read to the end.</param>
    /// <param name="cancel">Gives up.</param>
    public Task RunAsync(IPEndPoint endpoint, int seed, CancellationToken dead, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => ConverseAsync(endpoint, new Random(seed + connection), dead, cancel)));

    private async Task ConverseAsync(IPEndPoint endpoint, Random random, CancellationToken dead, CancellationToken cancel)
    {
        using var dialogue = new SmtpDialogue();
        try
        {
            await dialogue.OpenAsync(endpoint, cancel);
            while (await SendOneAsync(dialogue, random, cancel))
            {
                while (backlog() > MostBacklog && !dead.IsCancellationRequested)
                {
                    await Task.Delay(10, cancel); // only to go slower
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
        switch (await dialogue.ReadReplyAsync(cancel))
        {
            case null:
                return false;
            case { } reply when reply.StartsWith("250 ", StringComparison.Ordinal):
                ledger.Promised(message);
                return true;
            case { } reply:
                ledger.Refused(reply);
                return true;
        }
    }
}
