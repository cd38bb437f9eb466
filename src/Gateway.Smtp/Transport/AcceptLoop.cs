using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Transport;

/// <summary>The accept loop. An error (no descriptors left, a client already gone, our own) never ends it: it waits and goes on.</summary>
/// <param name="accept">Takes the next connection.</param>
/// <param name="opened">Begins a session; must not block or throw.</param>
/// <param name="clock">For the waits.</param>
/// <param name="logger">Is told of errors.</param>
internal sealed class AcceptLoop(
    Func<CancellationToken, ValueTask<Socket>> accept,
    Action<Socket> opened,
    TimeProvider clock,
    ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    /// <summary>Ends when cancelled or when the listening socket is closed.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var delay = FirstDelay;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var socket = await accept(cancel);
                delay = FirstDelay;
                opened(socket);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested && e is not ObjectDisposedException)
            {
                logger.AcceptFailed((e as SocketException)?.SocketErrorCode.ToString() ?? e.GetType().Name, delay);
                await Task.Delay(delay, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // cancelled: the loop ends
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}
