using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>
/// The system tells that a socket has input, and sometimes it tells it late, when that input has been read. Many clients at once make that happen now and then, the more so when there is more to do than processors.
/// </summary>
public sealed class ReadinessTests
{
    private const int Clients = 100;
    private const int Rounds = 100;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_clients_said_before_they_hold_no_memory_once_they_are_idle(bool overTls)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(options => options.MaxCommands = 10_000, clock: _clock, metrics: instruments.Metrics);
        TestClient[] clients;
        using (new Load())
        {
            clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => TalkAsync(server, overTls))));
        }

        await Moment.WhenAsync(() => instruments.HeldOctets == 0);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_header_that_was_read_is_not_taken_for_the_end_of_who_waits_for_the_greeting()
    {
        var limits = Settings.Strict;
        (limits.GreetDelay, limits.ConnectionsPerNetwork, limits.ConnectionsPerAddress, limits.ConnectionsPerMinute) = (TimeSpan.FromSeconds(6), 0, 0, 0);
        var proxied = Settings.Proxied;
        proxied.HeaderTimeout = TimeSpan.FromMinutes(1);
        await using var server = await TestServer.StartAsync(clientIp: proxied, limits: limits, clock: _clock);
        var header = Encoding.Latin1.GetBytes(Crowd.Claim("203.0.113.7"));
        TestClient[] clients;
        using (new Load())
        {
            clients = await Task.WhenAll(Enumerable.Range(0, 4 * Clients).Select(_ => Task.Run(async () =>
            {
                var client = await TestClient.ConnectAsync(server.Endpoint, IPAddress.Loopback);
                await client.SendAsync(header, octetsPerWrite: 20);
                return client;
            })));
        }

        var greetings = clients.Select(client => client.ReadReplyAsync()).ToList();
        await _clock.PassUntilAsync(() => greetings.TrueForAll(greeting => greeting.IsCompleted));
        var tally = new Tally();
        foreach (var greeting in greetings)
        {
            tally.Add(await greeting);
        }

        Assert.Equal($"{4 * Clients} x 220", tally.ToString());
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    private static async Task<TestClient> TalkAsync(TestServer server, bool overTls)
    {
        var client = await server.ConnectAsync();
        await client.GreetAsync();
        if (overTls)
        {
            Assert.StartsWith("220 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
            Assert.True(await client.HandshakeAsync());
        }

        for (var i = 0; i < Rounds; i++)
        {
            Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        }

        return client;
    }

    /// <summary>Takes what processors there are, so that those who talk and those who listen are held up anywhere.</summary>
    private sealed class Load : IDisposable
    {
        private volatile bool _isOver;

        public Load()
        {
            for (var i = 0; i < 2 * Environment.ProcessorCount; i++)
            {
                new Thread(() => { while (!_isOver) { } }) { IsBackground = true }.Start();
            }
        }

        public void Dispose() => _isOver = true;
    }
}
