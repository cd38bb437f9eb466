using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>Clients as mail servers are: what is answered 4xx, or not at all, they send again until it is taken.</summary>
/// <param name="messages">How many in all.</param>
/// <param name="octets">Size of each; null: a mixture.</param>
/// <param name="recipients">Of each; null: one or two mailboxes of <see cref="DataSite"/>.</param>
internal sealed class PersistentClients(int messages, int? octets, IReadOnlyList<string>? recipients = null)
{
    private const int Connections = 16;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, LoadMessage> _accepted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _breaks = new(StringComparer.Ordinal);
    private int _numbers;
    private int _refused;
    private int _unanswered;
    private volatile TaskCompletionSource<IPEndPoint> _server = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Messages whose 250 was read, by SHA-256.</summary>
    public IReadOnlyDictionary<string, LoadMessage> Accepted => _accepted;

    /// <summary>How often the end of a message was answered 451.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>How often the end of a message was not answered.</summary>
    public int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>Replies to the end of a message that were neither.</summary>
    public ConcurrentQueue<string> Odd { get; } = new();

    /// <summary>Where the server is from now on; null: it is gone, and another will come.</summary>
    public void Use(IPEndPoint? server)
    {
        if (server is null)
        {
            _server = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        else
        {
            _server.TrySetResult(server);
        }
    }

    /// <summary>Completes when every message is accepted.</summary>
    /// <param name="log">Of the server: what it has said until now.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="TimeoutException">Cancelled before: the message tells how far it came, and what the server said.</exception>
    public async Task RunAsync(IEnumerable<string> log, CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Connections).Select(number => ConverseAsync(new Random(number), cancel)));
        }
        catch (OperationCanceledException e) when (cancel.IsCancellationRequested)
        {
            var breaks = string.Concat(_breaks.Select(why => $"; {why.Value} times {why.Key}"));
            throw new TimeoutException($"Of {messages} messages {_accepted.Count} were accepted, {Refused} times 451 was said, {Unanswered} times nothing{breaks}\n{string.Join('\n', log)}", e);
        }
    }

    private async Task ConverseAsync(Random random, CancellationToken cancel)
    {
        LoadMessage? pending = null;
        while (true)
        {
            using var dialogue = new SmtpDialogue();
            try
            {
                await dialogue.OpenAsync(await _server.Task.WaitAsync(cancel), cancel);
                while (true)
                {
                    pending ??= Next(random);
                    if (pending is null)
                    {
                        return;
                    }

                    if (await SendAsync(dialogue, pending, cancel))
                    {
                        _accepted[pending.Sha256] = pending;
                        pending = null;
                    }
                    else
                    {
                        await Task.Delay(Pause, cancel); // as a mail server waits before it sends again; nothing is asserted of it
                    }
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                _breaks.AddOrUpdate(e.Message, 1, (_, times) => times + 1);
                await Task.Delay(Pause, cancel); // it went away, or is not there yet
            }
        }
    }

    private LoadMessage? Next(Random random)
    {
        var number = Interlocked.Increment(ref _numbers);
        if (number > messages)
        {
            return null;
        }

        var message = LoadMessage.Create(number, octets ?? LoadMessage.SizeOf(random), random);
        return recipients is null ? message : message with { Recipients = recipients };
    }

    private async Task<bool> SendAsync(SmtpDialogue dialogue, LoadMessage message, CancellationToken cancel)
    {
        await dialogue.BeginDataAsync(message.Recipients, cancel);
        await dialogue.SendAsync(message.Stuffed, cancel);
        string? reply = null;
        try
        {
            reply = await dialogue.ReadReplyAsync(cancel);
        }
        finally
        {
            Interlocked.Add(ref _unanswered, reply is null ? 1 : 0);
        }

        if (reply is null)
        {
            throw new IOException("No answer");
        }

        if (reply.StartsWith("451 ", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _refused);
        }
        else if (!reply.StartsWith("250 ", StringComparison.Ordinal))
        {
            Odd.Enqueue(reply);
        }

        return reply.StartsWith("250 ", StringComparison.Ordinal);
    }
}
