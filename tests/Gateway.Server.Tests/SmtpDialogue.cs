using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Server.Tests;

/// <summary>A client that says exactly what the test says.</summary>
internal sealed class SmtpDialogue : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new();
    private StreamReader _replies = StreamReader.Null;

    public static async Task<SmtpDialogue> OpenAsync(IPEndPoint server)
    {
        var dialogue = new SmtpDialogue();
        await dialogue._client.ConnectAsync(server, TestContext.Current.CancellationToken);
        dialogue._replies = new(dialogue._client.GetStream(), Encoding.ASCII);
        Assert.StartsWith("220 ", await dialogue.ReplyAsync(), StringComparison.Ordinal);
        return dialogue;
    }

    /// <summary>Sends a line and reads its reply's last line.</summary>
    public async Task<string?> SayAsync(string line)
    {
        await WriteAsync(line + "\r\n");
        return await ReplyAsync();
    }

    public async Task WriteAsync(string text) =>
        await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>The last line of the next reply; null when the server has closed.</summary>
    public async Task<string?> ReplyAsync()
    {
        string? line;
        do
        {
            line = await _replies.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        while (line is { Length: > 3 } && line[3] == '-');
        return line;
    }

    /// <summary>Up to the reply to DATA.</summary>
    public async Task BeginMessageAsync()
    {
        Assert.StartsWith("250", await SayAsync("EHLO client.example"), StringComparison.Ordinal);
        Assert.StartsWith("250", await SayAsync("MAIL FROM:<a@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await SayAsync("RCPT TO:<b@example.org>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await SayAsync("DATA"), StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
