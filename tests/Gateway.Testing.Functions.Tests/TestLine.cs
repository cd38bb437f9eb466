using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Gateway.Testing.Functions.Tests;

/// <summary>Where the worker's functions say what they see, and wait for the test's word.</summary>
internal sealed class TestLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();
    private readonly Task _accepting;

    public TestLine()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The next function that calls; it waits until it is answered.</summary>
    public async Task<Call> NextAsync() => await _calls.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bench.Patience);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        while (_calls.Reader.TryRead(out var call))
        {
            call.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var reader = new StreamReader(client.GetStream());
                if (await reader.ReadLineAsync() is { } text)
                {
                    await _calls.Writer.WriteAsync(new(client, text));
                }
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <param name="client">The function's connection.</param>
    /// <param name="text">What it said.</param>
    internal sealed class Call(TcpClient client, string text) : IDisposable
    {
        public string Text { get; } = text;

        public void Answer(string answer = "go on")
        {
            var writer = new StreamWriter(client.GetStream()) { AutoFlush = true };
            writer.WriteLine(answer);
            client.Dispose();
        }

        public void Dispose() => client.Dispose();
    }
}
