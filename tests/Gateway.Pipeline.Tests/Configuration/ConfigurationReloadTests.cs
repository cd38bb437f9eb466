using System.Text;
using System.Threading.Channels;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Pipeline.Configuration;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Pipeline.Tests.Configuration;

public sealed class ConfigurationReloadTests : IDisposable
{
    private const string Good = """
        { "version": 1, "domains": [{ "name": "in.example.com" }], "routes": [{ "id": "rest", "priority": 1, "match": {}, "actions": [{ "store": {} }] }] }
        """;

    private readonly FakeTimeProvider _clock = new(Samples.Now);
    private readonly LiveConfiguration _live = new();
    private readonly CapturedLogs _logs = new();
    private readonly RecordedMeters _meters = new();
    private readonly ScriptedSource _source = new();
    private readonly ConfigurationReload _reload;

    public ConfigurationReloadTests() => _reload = new(
        _source, _live, Options.Create(new ConfigurationReloadOptions()), _clock, _logs.For<ConfigurationReload>(), new PipelineMetrics(_meters));

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Good_document_is_put_in_force_once()
    {
        _source.Text = Good;
        var result = await LoadAsync();
        var first = _live.Current;
        await LoadAsync();

        Assert.NotNull(first);
        Assert.Same(first, result!.Configuration);
        Assert.Same(first, _live.Current);
        Assert.Equal(2310, Assert.Single(_logs.Lines).Id);
        Assert.Equal(1, _meters.Count("gateway.pipeline.configuration.reloads=1 good=True"));
    }

    [Fact]
    public async Task A_look_that_is_cut_ends_as_cut_whatever_the_source_makes_of_it()
    {
        _source.Fault = new AggregateException(new TaskCanceledException(), new TaskCanceledException()); // an SDK in its second try
        using var cut = new CancellationTokenSource();
        await cut.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _reload.LoadOnceAsync(cut.Token));
        Assert.Empty(_logs.Lines);
    }

    [Fact]
    public async Task Bad_document_leaves_the_last_good_one_and_every_error_is_logged_once()
    {
        _source.Text = Good;
        await LoadAsync();
        var good = _live.Current;
        _source.Text = """{ "version": 2, "domains": [{ "name": "in.example.com" }], "routes": [{ "id": "rest", "priority": "x", "match": {}, "actions": [] }] }""";
        for (var look = 0; look < 3; look++)
        {
            var result = await LoadAsync();
            Assert.Equal(["version", "routes[0].priority", "routes[0].actions"], result!.Errors.Select(error => error.Path));
        }

        Assert.Same(good, _live.Current);
        Assert.Equal(3, _logs.Lines.Count(line => line.Id == 2311));
        Assert.Single(_logs.Lines, line => line.Id == 2313);

        _source.Text = Good.Replace("rest", "next", StringComparison.Ordinal);
        await LoadAsync();
        Assert.Equal("next", _live.Current!.Routes[0].Id);
    }

    [Fact]
    public async Task Document_that_vanishes_or_cannot_be_read_leaves_the_last_good_one()
    {
        _source.Text = Good;
        await LoadAsync();
        var good = _live.Current;

        _source.Text = null;
        Assert.Null(await LoadAsync());
        Assert.Null(await LoadAsync());
        _source.Fault = new IOException("disk");
        Assert.Null(await LoadAsync());
        Assert.Null(await LoadAsync());

        Assert.Same(good, _live.Current);
        Assert.Equal([2310, 2315, 2314], _logs.Lines.Select(line => line.Id));
    }

    [Fact]
    public async Task Document_that_the_parser_stumbles_over_does_not_end_the_watch()
    {
        // Half a surrogate pair is good JSON and no text.
        _source.Text = Good.Replace("rest", "\\ud800", StringComparison.Ordinal);
        await LoadAsync();
        await LoadAsync();
        Assert.Null(_live.Current);
        Assert.Equal(1, _meters.Count("gateway.pipeline.configuration.reloads=1 good=False"));

        _source.Text = Good;
        await LoadAsync();
        Assert.NotNull(_live.Current);
    }

    [Fact]
    public async Task Warnings_are_logged_and_hinder_nothing()
    {
        _source.Text = Good.Replace("\"match\": {}", "\"match\": { \"recipient\": \"a@other.example\" }", StringComparison.Ordinal);
        await LoadAsync();

        Assert.NotNull(_live.Current);
        var warnings = _logs.Lines.Where(line => line.Id == 2312).ToArray();
        Assert.NotEmpty(warnings);
        Assert.All(warnings, line => Assert.Equal(LogLevel.Warning, line.Level));
    }

    [Fact]
    public async Task Watch_looks_every_second_and_outlives_faults()
    {
        using var stop = new CancellationTokenSource();
        _source.Fault = new InvalidOperationException("whatever a source may throw");
        var watching = _reload.RunAsync(stop.Token);
        await _source.ReadsAsync(1);
        Assert.Null(_live.Current);

        _source.Fault = null;
        _source.Text = Good;
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _source.ReadsAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _source.ReadsAsync(3);
        Assert.NotNull(_live.Current);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task Crash_point_is_between_parsing_and_putting_in_force()
    {
        _source.Text = Good;
        _source.ETag = "crash-point";
        var seen = 0;
        using var subscription = PipelineTelemetry.Points.Subscribe(
            new Observer(tag =>
            {
                Assert.Null(_live.Current);
                seen += tag == "crash-point" ? 1 : 0;
            }),
            name => name == PipelineTelemetry.ConfigurationReplacing);

        await LoadAsync();

        Assert.Equal(1, seen);
        Assert.NotNull(_live.Current);
    }

    private ValueTask<ConfigurationResult?> LoadAsync() => _reload.LoadOnceAsync(TestContext.Current.CancellationToken);

    /// <summary>A source that the test writes by hand.</summary>
    private sealed class ScriptedSource : IConfigurationSource
    {
        private readonly Channel<bool> _read = Channel.CreateUnbounded<bool>();
        private int _reads;

        public string Name => "test";

        public string? Text { get; set; }

        public string? ETag { get; set; }

        public Exception? Fault { get; set; }

        public ValueTask<ConfigurationText?> ReadAsync(CancellationToken cancel)
        {
            _read.Writer.TryWrite(true);
            return Fault is { } fault
                ? throw fault
                : ValueTask.FromResult(Text is null ? null : new ConfigurationText(Encoding.UTF8.GetBytes(Text), ETag ?? $"{Text.GetHashCode(StringComparison.Ordinal)}"));
        }

        public ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> octets, string? eTag, CancellationToken cancel) => throw new NotSupportedException();

        public async Task ReadsAsync(int count)
        {
            for (; _reads < count; _reads++)
            {
                await _read.Reader.ReadAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    private sealed class Observer(Action<string?> next) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Value as string == "crash-point")
            {
                next(value.Value as string);
            }
        }
    }
}
