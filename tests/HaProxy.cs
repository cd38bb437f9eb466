using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests;

/// <summary>HAProxy, as a process in front of a server: it passes connections on as they are, and tells in a PROXY header whom they are from.</summary>
internal sealed class HaProxy : IAsyncDisposable
{
    private const string Program = "haproxy";
    private const int Attempts = 5;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly TestDirectory _directory;

    private HaProxy(Process process, TestDirectory directory, IPEndPoint endpoint) => (_process, _directory, Endpoint) = (process, directory, endpoint);

    /// <summary>Where it takes connections.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Takes connections when the task is done. Skips the test where it is not installed.</summary>
    /// <param name="server">What is behind it.</param>
    /// <param name="header">How the header is sent: <c>send-proxy</c> (version 1) or <c>send-proxy-v2</c>.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<HaProxy> StartAsync(IPEndPoint server, string header, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var proxy = Launch(server, header);
            try
            {
                await proxy.ListensAsync(cancel);
                return proxy;
            }
            catch (IOException) when (attempt < Attempts)
            {
                await proxy.DisposeAsync(); // it takes no port 0, and somebody else was quicker to take the free one
            }
            catch // nothing stays half up, and the failure goes on
            {
                await proxy.DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _directory.Dispose();
    }

    private static HaProxy Launch(IPEndPoint server, string header)
    {
        var endpoint = FreePort();
        var directory = new TestDirectory();
        var configuration = directory.Write("haproxy.cfg", $"""
            global
              maxconn 1000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1m
              timeout server 1m
            listen mail
              bind {endpoint}
              server gateway {server} {header}

            """);
        try
        {
            // In the foreground and as one process: its end is the end of all of it.
            var start = new ProcessStartInfo(Program, ["-db", "-f", configuration]) { RedirectStandardError = true };
            return new(Process.Start(start)!, directory, endpoint);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            directory.Dispose();
            Assert.Skip($"{Program} is not installed");
            throw;
        }
    }

    /// <exception cref="IOException">It ended; with what it said.</exception>
    private async Task ListensAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartLimit);
        var said = _process.StandardError.ReadToEndAsync(limit.Token);
        while (!_process.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(Endpoint, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, limit.Token); // it gives no sign when it listens
            }
        }

        throw new IOException($"{Program} ended with {_process.ExitCode}: {await said}");
    }

    private static IPEndPoint FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }
}
