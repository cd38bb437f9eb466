using System.Collections.Concurrent;
using Gateway.Core.Ports;
using Gateway.Local.Pump;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Local.Tests;

public sealed class CertificateReloadTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly Logs _logs = new();
    private readonly Source _first = new("first.example");
    private readonly Source _second = new("second.example");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_are_in_force_in_their_order_and_nothing_is_made_anew_while_nothing_changes()
    {
        var reload = Reload();
        Assert.Null(reload.Current);
        await reload.LoadAsync(Cancel);
        var current = reload.Current;
        Assert.Equal([_first.Certificate!, _second.Certificate!], current!.All);
        await reload.LoadAsync(Cancel);
        Assert.Same(current, reload.Current);
        Assert.Empty(_logs.Lines);
    }

    [Fact]
    public async Task At_the_start_each_that_cannot_be_read_is_named_and_none_is_in_force_until_all_can()
    {
        (_first.Fault, _second.Fault) = (new IOException("first.pem: there is no such file"), new IOException("second.pem holds no private key"));
        var reload = Reload();
        var failure = await Assert.ThrowsAsync<IOException>(() => reload.LoadAsync(Cancel));
        Assert.Equal("first.pem: there is no such file; second.pem holds no private key", failure.Message);

        _first.Fault = null;
        failure = await Assert.ThrowsAsync<IOException>(() => reload.LoadAsync(Cancel));
        Assert.Equal("second.pem holds no private key", failure.Message);
        Assert.Null(reload.Current);

        _second.Fault = null;
        await reload.LoadAsync(Cancel);
        Assert.Equal(2, reload.Current!.All.Length);
    }

    [Fact]
    public async Task A_fault_of_ours_is_no_certificate_that_cannot_be_read()
    {
        _second.Fault = new InvalidOperationException("ours");
        await Assert.ThrowsAsync<InvalidOperationException>(() => Reload().LoadAsync(Cancel));
    }

    [Fact]
    public async Task A_bad_one_keeps_its_last_good_one_and_does_not_hold_up_the_others()
    {
        var reload = Reload();
        await reload.LoadAsync(Cancel);
        var (first, second) = (_first.Certificate!, _second.Certificate!);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = reload.RunAsync(stop.Token);

        _first.Fault = new IOException("first.pem is not PEM");
        var renewed = _second.Renew();
        await PassUntilAsync(() => reload.Current!.All[1] == renewed);
        Assert.Equal([first, renewed], reload.Current!.All);
        Assert.NotSame(second, renewed);
        await PassUntilAsync(() => _logs.Lines.Contains("A certificate cannot be read again; the last one stays: first.pem is not PEM"));
        Assert.Contains(_logs.Lines, line => line.StartsWith("The certificate of second.example was replaced; it ends ", StringComparison.Ordinal));

        _first.Fault = new InvalidOperationException("ours"); // not even that ends it
        await PassUntilAsync(() => _logs.Lines.Contains("A certificate cannot be read again; the last one stays: ours"));
        _first.Fault = null;
        var repaired = _first.Renew();
        await PassUntilAsync(() => reload.Current!.All[0] == repaired);

        _second.Certificate = null; // deleted
        var reads = _second.Reads;
        await PassUntilAsync(() => _second.Reads > reads + 1);
        Assert.Equal([repaired, renewed], reload.Current!.All);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task One_that_comes_later_takes_its_place()
    {
        _second.Certificate = null;
        var reload = Reload();
        await reload.LoadAsync(Cancel);
        Assert.Same(_first.Certificate, Assert.Single(reload.Current!.All));
        var late = _second.Renew();
        await reload.LoadAsync(Cancel);
        Assert.Same(late, reload.Current!.For("second.example"));
    }

    [Fact]
    public async Task Without_any_there_is_none()
    {
        (_first.Certificate, _second.Certificate) = (null, null);
        var reload = Reload();
        await reload.LoadAsync(Cancel);
        Assert.Null(reload.Current);
    }

    private CertificateReload Reload() => new([_first, _second], _clock, _logs);

    private async Task PassUntilAsync(Func<bool> isDone)
    {
        while (!isDone())
        {
            Cancel.ThrowIfCancellationRequested();
            _clock.Advance(TimeSpan.FromSeconds(20));
            await Task.Yield();
        }
    }

    private sealed class Source(string host) : ICertificateSource
    {
        private int _reads;

        public ServerCertificate? Certificate { get; set; } = Make(host);

        public Exception? Fault { get; set; }

        public int Reads => Volatile.Read(ref _reads);

        public ServerCertificate Renew() => Certificate = Make(host);

        public ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel)
        {
            Interlocked.Increment(ref _reads);
            return Fault is { } fault ? throw fault : new(Certificate);
        }

        private static ServerCertificate Make(string host) => ServerCertificate.FromPkcs12(ServerCertificate.SelfSigned(host, TimeProvider.System.GetUtcNow()), host);
    }

    private sealed class Logs : ILogger<CertificateReload>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
