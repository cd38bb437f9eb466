using System.Diagnostics;
using System.Net;

namespace Gateway.Benchmarks;

/// <summary>The real program with its default options, in a directory of its own; mail is dropped after it was inspected and routed, as a peer discards it.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private const string Configuration = """
        { "version": 1,
          "domains": [{ "name": "example.com" }],
          "routes": [{ "id": "discard", "priority": 1, "match": {}, "actions": [{ "drop": {} }] }] }
        """;

    private readonly Process _process;
    private readonly string _directory;

    private GatewayProcess(Process process, string directory, IPEndPoint smtp) => (_process, _directory, Smtp) = (process, directory, smtp);

    public IPEndPoint Smtp { get; }

    public static async Task<GatewayProcess> StartAsync(CancellationToken cancel)
    {
        var directory = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        var configuration = Path.Combine(directory, "gateway.json");
        await File.WriteAllTextAsync(configuration, Configuration, cancel);
        var program = Path.Combine(AppContext.BaseDirectory, "gateway.dll");
        var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [program, "dev", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", Path.Combine(directory, "data"), "--config", configuration])
        {
            RedirectStandardOutput = true,
        })!;
        while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            if (line.Trim().StartsWith("SMTP", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return new(process, directory, IPEndPoint.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
            }
        }

        throw new InvalidOperationException("The gateway did not start");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
