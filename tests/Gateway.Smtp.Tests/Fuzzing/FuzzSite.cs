using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What is built into a server so that it breaks: to see whether the fuzzer notices.</summary>
/// <param name="Admission">Put around that of a site.</param>
/// <param name="Intake">Put around that of a site.</param>
internal sealed record Plant(Func<IAdmission, IAdmission>? Admission = null, Func<IIntake, IIntake>? Intake = null)
{
    public static readonly Plant None = new();
}

/// <summary>One server with all of its listeners, and what can be known of it from inside.</summary>
internal sealed class FuzzSite : IAsyncDisposable
{
    private static readonly ListenerKind[] Kinds = [ListenerKind.Mx, ListenerKind.Submission, ListenerKind.Submissions];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 9, 0, 0, TimeSpan.Zero));
    private readonly TestServer.Meters _meters = new();
    private readonly MemoryIntake _intake = new();
    private readonly StrictLog _log = new();
    private readonly FailingIntake? _failing;
    private readonly SmtpServer _server;
    private readonly MeterListener _listener;
    private readonly ServerCertificates _certificates = new(TestServer.ServerCertificate);
    private long _held;

    public FuzzSite(SiteKind kind, Plant plant)
    {
        (Kind, Rules) = (kind, kind.Rules);
        var live = new LiveConfiguration();
        live.Replace(AuthServer.Users);
        IAdmission admission = new ConfigurationAdmission(live);
        admission = kind == SiteKind.Lenient ? new JudgingAdmission(admission) : admission;
        IIntake intake = kind == SiteKind.Hasty ? _failing = new FailingIntake(_intake) : _intake;
        _server = new(
            kind.Options,
            kind.ClientIp,
            kind.Limits,
            plant.Admission?.Invoke(admission) ?? admission,
            live,
            plant.Intake?.Invoke(intake) ?? intake,
            () => _certificates,
            _clock,
            _log,
            new(_meters));
        _listener = Listen();
        _server.Start([.. Kinds.Select(listener => new SmtpListener(listener, new(IPAddress.Loopback, 0)))]);
    }

    public SiteKind Kind { get; }

    public SiteRules Rules { get; private set; }

    public IPEndPoint EndpointOf(ListenerKind listener) => _server.Listeners.Single(l => l.Kind == listener).Endpoint;

    /// <summary>Some time passes between two batches of clients, which gives back a part of what they may do in a minute.</summary>
    public void PassTime() => _clock.Advance(TimeSpan.FromSeconds(7));

    /// <summary>Lets time fly until the task has ended, where it does; elsewhere it stands still.</summary>
    public async Task PassTimeUntilAsync(Task task)
    {
        while (Kind == SiteKind.Hasty && !task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, CancellationToken.None);
        }

        await task;
    }

    /// <summary>It will drain while clients come: they may be cut from here on.</summary>
    public void ExpectDrain() => Rules = Rules with { MayCut = true, MayVanish = true };

    /// <summary>From here on nobody connects any more: the port may be another's, or the client's own, which then talks to itself.</summary>
    public bool IsDraining { get; private set; }

    public Task DrainAsync()
    {
        IsDraining = true;
        return _server.DrainAsync(TimeSpan.FromHours(1));
    }

    /// <summary>When all clients are gone: takes the messages out and looks whether everything else is as it was.</summary>
    /// <exception cref="ViolationException">Something does not hold.</exception>
    public async Task<List<byte[]>> CloseAccountsAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        while (Leaks() is { } leak)
        {
            if (limit.IsCancellationRequested)
            {
                throw new ViolationException(Invariant.Leak, leak);
            }

            await PassTimeUntilAsync(Task.Delay(1, CancellationToken.None));
        }

        if (_log.Violations.TryDequeue(out var violation))
        {
            throw new ViolationException(Invariant.Log, violation);
        }

        if (_log.Provoked != (_failing?.Failures ?? 0))
        {
            throw new ViolationException(Invariant.Log, $"{_failing?.Failures} failures of the intake were logged {_log.Provoked} times");
        }

        var messages = new List<byte[]>();
        while (_intake.Committed.TryDequeue(out var message))
        {
            CommittedCheck.Check(message);
            messages.Add(message.Raw);
        }

        return messages;
    }

    /// <summary>Behind a proxy: a client that has done nothing yet is let in, so the others have given up the places that their network has.</summary>
    /// <exception cref="ViolationException">It is not.</exception>
    public async Task CheckPlacesAsync(TimeSpan patience)
    {
        if (Kind != SiteKind.Proxied || IsDraining)
        {
            return;
        }

        var newcomer = new Script(Kind, ListenerKind.Mx, int.MaxValue, IsEager: false, [Step.Send(ProxyGrammar.Newcomer), Step.Send("QUIT\r\n"u8.ToArray())]);
        await using var client = new ScriptClient(newcomer, this, patience);
        await client.PlayAsync();
        if (client.Account.Replies is not [(_, { Code: 220 }), ..])
        {
            throw new ViolationException(Invariant.Leak, $"a newcomer is told {client.Account.Replies.FirstOrDefault().Reply}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _listener.Dispose();
        _meters.Dispose();
    }

    private string? Leaks()
    {
        _listener.RecordObservableInstruments();
        var connections = _server.Connections;
        return connections > 0 ? $"{connections} connections are open"
            : _intake.Open > 0 ? $"{_intake.Open} messages are open"
            : _held != 0 ? $"{_held} octets of memory are held"
            : null;
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == _meters.Last && instrument.Name == "gateway.smtp.memory.held")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, octets, _, _) => _held = octets);
        listener.Start();
        return listener;
    }
}
