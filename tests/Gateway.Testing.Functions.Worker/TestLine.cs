using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Functions.Worker;

/// <summary>How a function tells its test what it sees, and waits for the test's word: one connection for each line.</summary>
internal sealed class TestLine
{
    private readonly int _port = int.Parse(Environment.GetEnvironmentVariable("TEST_PORT")!, CultureInfo.InvariantCulture);

    /// <returns>What the test says.</returns>
    public async Task<string> AskAsync(string line, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, cancel);
        await using var stream = client.GetStream();
        await using var writer = new StreamWriter(stream) { AutoFlush = true };
        using var reader = new StreamReader(stream);
        await writer.WriteLineAsync(line.AsMemory(), cancel);
        return await reader.ReadLineAsync(cancel) ?? throw new IOException("The test hung up");
    }
}
