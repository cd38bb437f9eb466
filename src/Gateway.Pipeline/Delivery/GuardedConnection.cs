using System.Net;
using System.Net.Sockets;

namespace Gateway.Pipeline.Delivery;

/// <summary>Opens the TCP connection of a webhook: resolves, judges each address, and connects to the very address that was judged.</summary>
/// <remarks>So a name that changes its address between a check and the connection (DNS rebinding) gains nothing.</remarks>
internal sealed class GuardedConnection(bool allowPrivate, TimeProvider clock, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>A name may have thousands of addresses.</summary>
    private const int MaxAddresses = 8;

    /// <summary>For each address, so that a dead one leaves time for the next.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancel)
    {
        var addresses = await ResolveAsync(host.Host, cancel);
        var allowed = addresses.Where(address => AddressRule.Allows(address, allowPrivate)).Take(MaxAddresses).ToArray();
        if (allowed.Length == 0)
        {
            throw new ConnectionFault(DeliveryFailure.AddressRefused, null);
        }

        Exception? last = null;
        foreach (var address in allowed)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var deadline = new CancellationTokenSource(ConnectTimeout, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
                await socket.ConnectAsync(new IPEndPoint(address, host.Port), either.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new ConnectionFault(DeliveryFailure.Connect, last);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        // Not left to the resolver, which takes 0.0.0.0 for a mistake and not for this machine.
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        try
        {
            var addresses = await resolve(host, cancel);
            return addresses.Length > 0 ? addresses : throw new ConnectionFault(DeliveryFailure.Resolve, null);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new ConnectionFault(DeliveryFailure.Resolve, e);
        }
    }
}

/// <summary>No connection, and at which stage; found again under the exceptions that the HTTP stack wraps around it.</summary>
internal sealed class ConnectionFault(DeliveryFailure failure, Exception? cause) : IOException(failure.Sentence(), cause)
{
    public DeliveryFailure Failure { get; } = failure;
}
