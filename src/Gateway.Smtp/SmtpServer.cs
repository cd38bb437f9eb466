using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Ports;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Smtp;

/// <summary>Listens on one endpoint and runs a session for each connection.</summary>
/// <remarks>Nothing in it blocks a thread, so socket completions may run inline; admission and intake must not block either.</remarks>
public sealed class SmtpServer : IAsyncDisposable
{
    private const int Backlog = 512;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>What a cut session is given to come to its end, before it is left behind.</summary>
    private static readonly TimeSpan UnwindTimeout = TimeSpan.FromSeconds(5);

    private readonly SessionServices _services;
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly CancellationTokenSource _accepting = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _listening;
    private IPEndPoint? _endpoint;
    private Task _listener = Task.CompletedTask;
    private ITimer? _sweep;
    private long _lastSessionId;
    private int _count;
    private volatile bool _draining;
    private bool _disposed;

    /// <param name="options">Validated here: a bad one throws <see cref="OptionsValidationException"/> that names every fault.</param>
    /// <param name="clientIp">How clients' addresses become known; validated like the options.</param>
    /// <param name="admission">Who is let in.</param>
    /// <param name="intake">Where messages become durable.</param>
    /// <param name="certificates">The current certificates, the same object until one changes; null while there is none, and STARTTLS is then not offered. Cheap: it is asked at each EHLO.</param>
    /// <param name="clock">For deadlines, ids and dates.</param>
    /// <param name="loggers">Category "Gateway.Smtp".</param>
    /// <param name="metrics">Instruments.</param>
    public SmtpServer(
        SmtpOptions options,
        ClientIpOptions clientIp,
        IAdmission admission,
        IIntake intake,
        Func<ServerCertificates?> certificates,
        TimeProvider clock,
        ILoggerFactory loggers,
        SmtpMetrics metrics)
    {
        var faults = new SmtpOptionsValidator().Validate(null, options);
        if (faults.Failed)
        {
            throw new OptionsValidationException(nameof(SmtpOptions), typeof(SmtpOptions), faults.Failures);
        }

        if (clientIp.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new OptionsValidationException(nameof(ClientIpOptions), typeof(ClientIpOptions), problems);
        }

        var logger = loggers.CreateLogger(Telemetry.Name);
        metrics.Watch(certificates, clock);
        _services = new(
            options,
            new ClientIdentity(clientIp, metrics, logger),
            clientIp.HeaderTimeout,
            admission,
            intake,
            new TlsCredentials(certificates, options.ClientCertificates, logger),
            new Greetings(options.Hostname, options.MaxMessageOctets),
            clock,
            metrics,
            logger);
    }

    /// <summary>Where it listens, with the real port; before the start it throws.</summary>
    public IPEndPoint Endpoint => _endpoint ?? throw new InvalidOperationException("The server has not been started");

    /// <summary>Open connections.</summary>
    public int Connections => Volatile.Read(ref _count);

    /// <summary>Binds and begins to accept. Once only.</summary>
    /// <exception cref="SocketException">The endpoint cannot be bound.</exception>
    public Task StartAsync(IPEndPoint endpoint)
    {
        if (_listening is not null)
        {
            throw new InvalidOperationException("The server has been started before");
        }

        var listening = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                listening.DualMode = true;
            }

            listening.Bind(endpoint);
            listening.Listen(Backlog);
            _endpoint = (IPEndPoint)listening.LocalEndPoint!;
        }
        catch (SocketException)
        {
            listening.Dispose();
            throw;
        }

        _listening = listening;
        _sweep = _services.Clock.CreateTimer(static server => ((SmtpServer)server!).Sweep(), this, SweepInterval, SweepInterval);
        _listener = new Listener(listening.AcceptAsync, Open, _services.Clock, _services.Logger).RunAsync(_accepting.Token);
        _services.Logger.Listening(_endpoint.ToString());
        return Task.CompletedTask;
    }

    /// <summary>
    /// Stops accepting at once. Each session gets 421 4.3.2 at the next safe point: an idle one at once, one with a message in flight
    /// after that is answered. What is not done after <paramref name="hardStop"/> is cut.
    /// </summary>
    public async Task DrainAsync(TimeSpan hardStop)
    {
        if (!_draining && _listening is not null)
        {
            _services.Logger.Draining(Connections); // once, and not when a start failed: then the mistake is all there is to tell
        }

        _draining = true;
        await _accepting.CancelAsync();
        _listening?.Dispose();
        await _listener;
        foreach (var connection in _connections.Values)
        {
            connection.Alarm.Drain();
        }

        SignalIfEmpty();
        if (await EndsWithinAsync(hardStop))
        {
            return;
        }

        _services.Logger.CutConnections(Connections);
        foreach (var connection in _connections.Values)
        {
            connection.Alarm.Stop();
        }

        await EndsWithinAsync(UnwindTimeout);
    }

    /// <summary>Cuts what is still going on. Drain first to let it end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        await DrainAsync(TimeSpan.Zero);
        if (_sweep is not null)
        {
            await _sweep.DisposeAsync();
        }

        _accepting.Dispose();
    }

    private void Open(Socket socket)
    {
        // Before it is counted: where only a proxy may come, nobody else takes its place, nor has a word of theirs read.
        if (_services.Identity.IsProxied && PeerFacts.AddressOf(socket) is var peer && !_services.Identity.Trusts(peer))
        {
            _services.Logger.NoProxyHeader(peer, "untrusted");
            _services.Metrics.RefusedHeader("untrusted");
            TurnAway(socket, Replies.NoClientAddress);
            return;
        }

        if (Interlocked.Increment(ref _count) > _services.Options.MaxConnections || _draining)
        {
            _services.Logger.TooManyConnections(Connections - 1);
            _services.Metrics.RefusedConnection();
            TurnAway(socket, _draining ? Replies.ShuttingDown : Replies.TooManyConnections);
            Leave();
            return;
        }

        _ = RunAsync(socket);
    }

    private async Task RunAsync(Socket socket)
    {
        var id = Interlocked.Increment(ref _lastSessionId);
        _services.Metrics.Opened();
        try
        {
            socket.NoDelay = true;
            var connection = new Connection(socket, _services.Options.ReplyTimeout, _services.Clock);
            _connections[id] = connection;
            if (_draining)
            {
                connection.Alarm.Drain(); // it came while the others were told
            }

            await new Session(_services, connection, id).RunAsync();
        }
        catch (SocketException)
        {
            socket.Dispose(); // gone before the first word
        }
        finally
        {
            _connections.TryRemove(id, out _);
            _services.Metrics.Closed();
            Leave();
        }
    }

    /// <summary>A reply and the end. The send buffer of a new connection is empty, so nothing blocks.</summary>
    private static void TurnAway(Socket socket, Reply reply)
    {
        Span<byte> octets = stackalloc byte[ReplyEncoder.MaxLineOctets];
        try
        {
            socket.Blocking = false;
            socket.Send(octets[..ReplyEncoder.Encode(reply, octets)]);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It is turned away in any case.
        }

        socket.Dispose();
    }

    private void Leave()
    {
        Interlocked.Decrement(ref _count);
        SignalIfEmpty();
    }

    private void SignalIfEmpty()
    {
        if (_draining && Connections == 0)
        {
            _empty.TrySetResult();
        }
    }

    private async Task<bool> EndsWithinAsync(TimeSpan timeout)
    {
        try
        {
            await _empty.Task.WaitAsync(timeout, _services.Clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Sweep()
    {
        var now = _services.Clock.GetTimestamp();
        foreach (var (_, connection) in _connections)
        {
            connection.Alarm.Sweep(now);
        }
    }
}
