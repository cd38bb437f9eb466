using System.Threading.Channels;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Pipeline;
using Gateway.Pipeline.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Functions.Tests;

/// <summary>The configuration is there before the first event; a store that is down keeps nobody from starting, and what it holds later counts.</summary>
public sealed class ConfigurationWatchTests
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _clock = new();
    private readonly Source _source = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_configuration_is_in_force_before_anything_else_starts()
    {
        var answer = new TaskCompletionSource<ConfigurationText?>();
        _source.Now = _ => answer.Task;
        var worker = new Worker();
        using var host = Host(worker);
        var start = host.StartAsync(Cancel);
        await _source.ReadsAsync(1, Cancel);
        answer.SetResult(Document("in.example.com", "1"));
        await start;
        Assert.Equal("in.example.com", Assert.Single(worker.AtStart!.Domains).Name);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_new_document_takes_the_place_of_the_old_one()
    {
        _source.Now = _ => Task.FromResult<ConfigurationText?>(Document("in.example.com", "1"));
        using var host = Host();
        await host.StartAsync(Cancel);
        await _source.ReadsAsync(2, Cancel); // before the start, and at the beginning of the watch
        _source.Now = _ => Task.FromResult<ConfigurationText?>(Document("in.example.net", "2"));
        _clock.Advance(Poll);
        await _source.ReadsAsync(1, Cancel);
        _clock.Advance(Poll);
        await _source.ReadsAsync(1, Cancel); // so the one before is done with
        Assert.Equal("in.example.net", Assert.Single(Live(host)!.Domains).Name);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_source_that_fails_does_not_keep_the_process_from_starting()
    {
        _source.Now = _ => throw new IOException("no store");
        using var host = Host();
        await host.StartAsync(Cancel);
        Assert.Null(Live(host));
        await _source.ReadsAsync(2, Cancel);
        await AssertTakesAsync(host);
    }

    [Fact]
    public async Task A_source_that_does_not_answer_is_waited_for_fifteen_seconds()
    {
        _source.Now = SilentAsync;
        using var host = Host();
        var start = host.StartAsync(Cancel);
        await _source.ReadsAsync(1, Cancel);
        _clock.Advance(TimeSpan.FromSeconds(14));
        Assert.False(start.IsCompleted);
        _source.Now = _ => Task.FromResult<ConfigurationText?>(null); // for the watch
        _clock.Advance(TimeSpan.FromSeconds(1));
        await start;
        Assert.Null(Live(host));
        await _source.ReadsAsync(1, Cancel);
        await AssertTakesAsync(host);
    }

    [Fact]
    public async Task A_host_that_gives_up_its_start_is_obeyed()
    {
        _source.Now = SilentAsync;
        using var host = Host();
        using var stop = new CancellationTokenSource();
        var start = host.StartAsync(stop.Token);
        await _source.ReadsAsync(1, Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }

    /// <summary>Ends when it is cut, and by no clock.</summary>
    private static async Task<ConfigurationText?> SilentAsync(CancellationToken cancel)
    {
        await Task.Delay(Timeout.Infinite, cancel);
        return null;
    }

    private async Task AssertTakesAsync(IHost host)
    {
        _source.Now = _ => Task.FromResult<ConfigurationText?>(Document("in.example.com", "1"));
        _clock.Advance(Poll);
        await _source.ReadsAsync(1, Cancel);
        _clock.Advance(Poll);
        await _source.ReadsAsync(1, Cancel);
        Assert.Equal("in.example.com", Assert.Single(Live(host)!.Domains).Name);
        await host.StopAsync(Cancel);
    }

    private IHost Host(Worker? worker = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<TimeProvider>(_clock);
        builder.Services.AddSingleton<IConfigurationSource>(_source);
        builder.Services.AddGatewayPipeline();
        builder.Services.Configure<ConfigurationReloadOptions>(reload => reload.PollInterval = Poll);
        if (worker is not null)
        {
            builder.Services.AddHostedService(provider => worker.With(provider.GetRequiredService<LiveConfiguration>())); // before the watch, as the Functions worker is
        }

        builder.Services.AddHostedService<ConfigurationWatch>();
        return builder.Build();
    }

    private static GatewayConfiguration? Live(IHost host) => host.Services.GetRequiredService<LiveConfiguration>().Current;

    private static ConfigurationText Document(string domain, string eTag) => new(System.Text.Encoding.UTF8.GetBytes(
        $$"""
        {
          "version": 1,
          "domains": [{ "name": "{{domain}}" }],
          "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "store": {} }] }]
        }
        """), eTag);

    /// <summary>A store that a test takes down and brings back.</summary>
    private sealed class Source : IConfigurationSource
    {
        private readonly Channel<bool> _reads = Channel.CreateUnbounded<bool>();

        public string Name => "a document";

        public Func<CancellationToken, Task<ConfigurationText?>> Now { get; set; } = _ => Task.FromResult<ConfigurationText?>(null);

        public async ValueTask<ConfigurationText?> ReadAsync(CancellationToken cancel)
        {
            var now = Now;
            _reads.Writer.TryWrite(true);
            return await now(cancel);
        }

        public ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> octets, string? eTag, CancellationToken cancel) => throw new NotSupportedException();

        public async Task ReadsAsync(int count, CancellationToken cancel)
        {
            for (var read = 0; read < count; read++)
            {
                await _reads.Reader.ReadAsync(cancel);
            }
        }
    }

    /// <summary>Stands where the Functions worker begins to take events.</summary>
    private sealed class Worker : IHostedService
    {
        private LiveConfiguration? _live;

        public GatewayConfiguration? AtStart { get; private set; }

        public Worker With(LiveConfiguration live)
        {
            _live = live;
            return this;
        }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            AtStart = _live!.Current;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
