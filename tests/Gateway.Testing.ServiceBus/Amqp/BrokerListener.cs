using System.Collections.Concurrent;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Sasl;
using Microsoft.Azure.Amqp.Transport;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Takes connections on one port of the loopback address until it is stopped.</summary>
internal sealed class BrokerListener
{
    /// <summary>The one SASL mechanism that the client offers: an anonymous exchange under another name, the proof comes by <c>$cbs</c>.</summary>
    private const string Mechanism = "MSSBCBS";

    private const uint FrameOctets = 65536;
    private const int IdleMilliseconds = 240_000;
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);

    private readonly AmqpSettings _settings;
    private readonly AmqpTransportListener _listener;
    private readonly ConcurrentDictionary<AmqpConnection, bool> _connections = [];
    private volatile bool _stopped;

    private BrokerListener(int port, IRuntimeProvider router)
    {
        _settings = new() { RuntimeProvider = router };
        var sasl = new SaslTransportProvider();
        sasl.Versions.Add(new(1, 0, 0));
        sasl.AddHandler(new SaslAnonymousHandler(Mechanism));
        var amqp = new AmqpTransportProvider();
        amqp.Versions.Add(new(1, 0, 0));
        _settings.TransportProviders.Add(sasl);
        _settings.TransportProviders.Add(amqp);

        // An address and never "localhost", for which the library binds every address of the machine.
        var tcp = new TcpTransportSettings { Host = "127.0.0.1", Port = port };
        _listener = new([tcp.CreateListener()], _settings);
    }

    public static BrokerListener Start(int port, IRuntimeProvider router)
    {
        var listener = new BrokerListener(port, router);
        listener._listener.Listen(listener.Accept);
        return listener;
    }

    public void Stop()
    {
        _stopped = true;
        _listener.Close();
        DropConnections();
    }

    /// <summary>Ends the connections without a word of AMQP.</summary>
    /// <returns>How many there were.</returns>
    public int DropConnections()
    {
        var connections = _connections.Keys.ToArray();
        foreach (var connection in connections)
        {
            connection.Abort();
        }

        return connections.Length;
    }

    private void Accept(TransportListener from, TransportAsyncCallbackArgs accepted)
    {
        var settings = new AmqpConnectionSettings { ContainerId = "broker", MaxFrameSize = FrameOctets, ChannelMax = 4999, IdleTimeOut = IdleMilliseconds };
        var connection = _settings.RuntimeProvider.CreateConnection(accepted.Transport, (ProtocolHeader)accepted.UserToken, false, _settings, settings);
        _connections.TryAdd(connection, true);
        connection.Closed += (_, _) => _connections.TryRemove(connection, out var _);
        if (_stopped)
        {
            // It came while the others were being ended.
            connection.Abort();
            return;
        }

        try
        {
            connection.BeginOpen(OpenTimeout, opened => EndOpen(connection, opened), null);
        }
        catch (Exception error) when (error is AmqpException or InvalidOperationException or OperationCanceledException or ObjectDisposedException)
        {
            connection.SafeClose(error);
        }
    }

    private static void EndOpen(AmqpConnection connection, IAsyncResult opened)
    {
        try
        {
            connection.EndOpen(opened);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever a peer does while it opens ends its connection and nothing else.
            connection.SafeClose(error);
        }
    }
}
