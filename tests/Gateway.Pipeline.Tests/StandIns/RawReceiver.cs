using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>An endpoint that reads a request and then writes whatever octets the test wants, HTTP or not.</summary>
internal sealed class RawReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public RawReceiver(Func<NetworkStream, CancellationToken, Task> answer)
    {
        _listener.Start();
        Url = new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/mail");
        _accepting = AcceptAsync(answer);
    }

    public Uri Url { get; }

    public int Connections { get; private set; }

    public static RawReceiver Writing(string answer) => new(async (stream, cancel) => await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), cancel));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<NetworkStream, CancellationToken, Task> answer)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                try
                {
                    await ReadRequestAsync(client.GetStream(), _stop.Token);
                    await answer(client.GetStream(), _stop.Token);
                }
                catch (IOException)
                {
                    // the client hung up, which is what some answers are there for
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
        }
    }

    private static async Task ReadRequestAsync(NetworkStream stream, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var seen = text.ToString();
            var end = seen.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var length = seen[..end].Split("\r\n").Single(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
                if (seen.Length - end - 4 >= int.Parse(length.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))
                {
                    return;
                }
            }

            var read = await stream.ReadAsync(buffer, cancel);
            if (read == 0)
            {
                throw new IOException("closed");
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }
}
