using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Clients that ask for more than they read.</summary>
public sealed class SlowReaderTests
{
    private const int Clients = 8;
    private const int BufferOctets = 64 * 1024;

    /// <summary>Its replies are more than all buffers between two sockets hold.</summary>
    private static readonly byte[] Commands = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("HELP\r\n", 90_000)));

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task They_are_cut_after_a_minute_and_cost_one_buffer_each(bool overTls)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(options => options.MaxCommands = 100_000, clock: _clock, metrics: instruments.Metrics);
        var greedy = new List<TestClient>();
        var sending = new List<Task>();
        for (var i = 0; i < Clients; i++)
        {
            greedy.Add(await server.ConnectAsync());
            await greedy[i].GreetAsync();
            Assert.True(!overTls || ((await greedy[i].AskAsync("STARTTLS")).StartsWith("220 ", StringComparison.Ordinal) && await greedy[i].HandshakeAsync()));
            sending.Add(greedy[i].SendAsync(Commands));
        }

        await using (var client = await server.ConnectAsync()) // and somebody else is served meanwhile
        {
            await client.BeginDataAsync();
            Assert.StartsWith("250 2.6.0 ", await client.AskAsync("."), StringComparison.Ordinal);
            await client.AskAsync("QUIT");
        }

        var began = _clock.GetUtcNow();
        var most = 0L;
        while (instruments.Sessions > 0)
        {
            most = Math.Max(most, instruments.HeldOctets);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await FakeTime.GiveWayAsync();
        }

        Assert.True(_clock.GetUtcNow() - began >= new SmtpOptions().ReplyTimeout);
        Assert.InRange(most, BufferOctets, Clients * BufferOctets);
        Assert.Equal(0, instruments.HeldOctets);
        await Task.WhenAll(sending);
        foreach (var client in greedy)
        {
            await client.DisposeAsync();
        }
    }
}
