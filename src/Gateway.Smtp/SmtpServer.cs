using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Smtp;

/// <summary>Listens, and runs a session for each connection.</summary>
/// <remarks>Nothing in it blocks a thread, so socket completions may run inline; admission and intake must not block either.</remarks>
public sealed class SmtpServer : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>What a cut session is given to come to its end, before it is left behind.</summary>
    private static readonly TimeSpan UnwindTimeout = TimeSpan.FromSeconds(5);

    private readonly SessionServices _services;
    private readonly FrontDoor _door;
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly CancellationTokenSource _accepting = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableArray<Socket> _listening = [];
    private ImmutableArray<SmtpListener> _listeners = [];
    private Task _accepted = Task.CompletedTask;
    private ITimer? _sweep;
    private long _lastSessionId;
    private int _count;
    private volatile bool _draining;
    private bool _disposed;

    /// <param name="options">Validated here: a bad one throws <see cref="OptionsValidationException"/> that names every fault.</param>
    /// <param name="clientIp">How clients' addresses become known; validated like the options.</param>
    /// <param name="limits">What one client, and all of them, may take; validated like the options.</param>
    /// <param name="admission">Who is let in.</param>
    /// <param name="configuration">Who may log in.</param>
    /// <param name="intake">Where messages become durable.</param>
    /// <param name="certificates">The current certificates, the same object until one changes; null while there is none, and STARTTLS is then not offered. Cheap: it is asked at each EHLO.</param>
    /// <param name="clock">For deadlines, ids and dates.</param>
    /// <param name="loggers">Category "Gateway.Smtp".</param>
    /// <param name="metrics">Instruments.</param>
    public SmtpServer(
        SmtpOptions options,
        ClientIpOptions clientIp,
        LimitOptions limits,
        IAdmission admission,
        LiveConfiguration configuration,
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

        if (limits.Problems().ToList() is { Count: > 0 } excesses)
        {
            throw new OptionsValidationException(nameof(LimitOptions), typeof(LimitOptions), excesses);
        }

        var logger = loggers.CreateLogger(Telemetry.Name);
        var report = new LimitReport(clock, metrics, logger);
        var ledger = new ClientLedger(limits, clock, report);
        var memory = new MemoryBudget(limits.MaxMemoryOctets);
        metrics.Watch(certificates, clock);
        metrics.Watch(ledger, memory);
        _services = new(
            options,
            new ClientIdentity(clientIp, metrics, logger),
            clientIp.HeaderTimeout,
            limits,
            ledger,
            new Tarpit(limits, options.MaxConnections, metrics),
            new GreetDelay(limits.GreetDelay, metrics, logger),
            memory,
            report,
            admission,
            intake,
            new LoginDesk(() => configuration.Current),
            new TlsCredentials(certificates, options.ClientCertificates, logger),
            new Greetings(options),
            clock,
            metrics,
            logger);
        _door = new(_services);
    }

    /// <summary>Where it listens, in the order of the start and with the real ports; empty before the start.</summary>
    public ImmutableArray<SmtpListener> Listeners => _listeners;

    internal LoginDesk Logins => _services.Logins;

    /// <summary>Open connections.</summary>
    public int Connections => Volatile.Read(ref _count);

    /// <summary>Binds all listeners, or none, and begins to accept. Once only.</summary>
    /// <exception cref="ListenException">One of the endpoints cannot be bound; it is named.</exception>
    public void Start(params IReadOnlyList<SmtpListener> listeners)
    {
        if (!_listening.IsEmpty)
        {
            throw new InvalidOperationException("The server has been started before");
        }

        _listening = SocketBinding.BindAll(listeners);
        _listeners = [.. listeners.Zip(_listening, (listener, socket) => listener with { Endpoint = (IPEndPoint)socket.LocalEndPoint! })];
        _sweep = _services.Clock.CreateTimer(static server => ((SmtpServer)server!).Sweep(), this, SweepInterval, SweepInterval);
        _accepted = Task.WhenAll(_listeners.Zip(_listening, AcceptAsync));
    }

    /// <summary>
    /// Stops accepting at once. Each session gets 421 4.3.2 at the next safe point: an idle one at once, one with a message in flight
    /// after that is answered. What is not done after <paramref name="hardStop"/> is cut.
    /// </summary>
    public async Task DrainAsync(TimeSpan hardStop)
    {
        if (!_draining && !_listening.IsEmpty)
        {
            _services.Logger.Draining(Connections); // once, and not when a start failed: then the mistake is all there is to tell
        }

        _draining = true;
        await _accepting.CancelAsync();
        await _accepted;
        foreach (var (listener, socket) in _listeners.Zip(_listening))
        {
            TurnAwayWaiting(listener, socket);
            socket.Dispose();
        }

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

    private Task AcceptAsync(SmtpListener listener, Socket listening)
    {
        _services.Logger.Listening(listener.Kind, listener.Endpoint.ToString());
        return new AcceptLoop(listening.AcceptAsync, socket => Open(socket, listener.Kind), _services.Clock, _services.Logger).RunAsync(_accepting.Token);
    }

    /// <summary>Whom the system has taken in for us by now would be reset; so they are told. With the socket still open more come, so there is an end to it.</summary>
    private void TurnAwayWaiting(SmtpListener listener, Socket listening)
    {
        try
        {
            listening.Blocking = false;
            for (var left = SocketBinding.Backlog; left > 0; left--)
            {
                Open(listening.Accept(), listener.Kind);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody waits, or it is the second drain.
        }
    }

    private void Open(Socket socket, ListenerKind kind)
    {
        var peer = PeerFacts.AddressOf(socket);
        if (_door.Recognise(peer) is { } unknown)
        {
            Dismissal.TurnAway(socket, unknown);
            return;
        }

        var connections = Interlocked.Increment(ref _count);
        ClientLease? lease = null;
        if ((_draining ? Replies.ShuttingDown : _door.Admit(peer, connections, out lease)) is { } refusal)
        {
            _services.Metrics.RefusedConnection();
            Dismissal.TurnAway(socket, refusal);
            Leave();
            return;
        }

        _ = RunAsync(socket, kind, lease);
    }

    private async Task RunAsync(Socket socket, ListenerKind kind, ClientLease? lease)
    {
        var id = Interlocked.Increment(ref _lastSessionId);
        _services.Metrics.Opened();
        try
        {
            socket.NoDelay = true;
            var connection = new Connection(socket, _services.Options.ReplyTimeout, _services.Clock, _services.Memory);
            _connections[id] = connection;
            if (_draining)
            {
                connection.Alarm.Drain(); // it came while the others were told
            }

            await using var session = new Session(_services, connection, kind, id, lease);
            await session.RunAsync();
        }
        catch (SocketException)
        {
            socket.Dispose(); // gone before the first word
        }
        finally
        {
            lease?.Dispose();
            _connections.TryRemove(id, out _);
            _services.Metrics.Closed();
            Leave();
        }
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
