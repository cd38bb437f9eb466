using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>One octet a second, wherever one can be sent: what ends it and when, by the server's clock. And those who are slow and honest.</summary>
public sealed class SlowClientTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SmtpOptions _options = new() { Hostname = "mx.example.net" };
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly Instruments _instruments = new();

    [Fact]
    public async Task A_command_has_five_minutes_as_a_whole()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await EndsAtAsync(client, _options.CommandTimeout, "421 4.4.2 ");
    }

    [Fact]
    public async Task A_response_of_AUTH_has_five_minutes_as_a_whole()
    {
        await using var server = await TestServer.StartAsync(clock: _clock, listeners: [new(ListenerKind.Submissions, new(IPAddress.Loopback, 0))]);
        await using var client = await server.ConnectAsync();
        Assert.True(await client.HandshakeAsync());
        await client.GreetAsync();
        Assert.StartsWith("334 ", await client.AskAsync("AUTH LOGIN"), StringComparison.Ordinal);
        await EndsAtAsync(client, _options.CommandTimeout, "421 4.4.2 ");
    }

    [Fact]
    public async Task A_PROXY_header_has_five_seconds_as_a_whole()
    {
        await using var server = await TestServer.StartAsync(clientIp: Settings.Proxied, clock: _clock);
        await using var client = await server.ConnectAsync();
        Assert.StartsWith("421 4.7.0 ", await EndsAboutAsync(client, Crowd.Claim("203.0.113.7"), Settings.Proxied.HeaderTimeout), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ListenerKind.Mx)]
    [InlineData(ListenerKind.Submissions)]
    public async Task A_handshake_has_thirty_seconds_as_a_whole(ListenerKind kind)
    {
        await using var server = await TestServer.StartAsync(clock: _clock, listeners: [new(kind, new(IPAddress.Loopback, 0))]);
        await using var client = await server.ConnectAsync();
        if (kind == ListenerKind.Mx)
        {
            await client.GreetAsync();
            Assert.StartsWith("220 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        }

        var record = "\u0016\u0003\u0001\u0010\u0000" + new string('\u0001', 4_096); // it would take more than an hour
        Assert.Equal("", await EndsAboutAsync(client, record, _options.TlsHandshakeTimeout));
    }

    /// <summary>
    /// In DATA, in one chunk, and in many small ones, with an allowance of their own none of them: the reserve of three minutes, and what an octet a second earns meanwhile at a
    /// hundred a second.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10_000)]
    [InlineData(60)]
    public async Task A_message_ends_soon_after_its_reserve_and_long_before_the_hour(int octetsPerChunk)
    {
        await using var server = await TestServer.StartAsync(clock: _clock, metrics: _instruments.Metrics);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<a@client.example>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        var chunk = $"BDAT {octetsPerChunk}\r\n";
        var words = octetsPerChunk == 0 ? new string('x', 10_000) : string.Concat(Enumerable.Repeat(chunk + new string('x', octetsPerChunk), 10_000 / octetsPerChunk));
        if (octetsPerChunk == 0)
        {
            Assert.StartsWith("354 ", await client.AskAsync("DATA"), StringComparison.Ordinal);
        }

        // A command is not dripped: that is another test.
        var due = TimeSpan.FromSeconds(_options.DataBlockTimeout.TotalSeconds / (1 - (1.0 / new LimitOptions().MinDataRate)));
        Assert.InRange(due * 2, due, _options.MaxTransactionDuration / 5);
        Assert.StartsWith("421 4.4.2 ", await EndsAboutAsync(client, words, due, together: chunk), StringComparison.Ordinal);
        Assert.Equal(1, _instruments.Sum("cut", "too_slow"));
        Assert.Empty(server.Intake.Committed);
        await _clock.PassUntilAsync(() => server.Intake.Open == 0);
    }

    /// <summary>One octet a chunk never waits within one: it is the number of commands that ends it.</summary>
    [Fact]
    public async Task Chunks_of_one_octet_end_with_the_commands()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxCommands = 100, clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<a@client.example>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        var tally = new Tally();
        for (var reply = ""; reply != TestClient.Close;)
        {
            await client.SendAsync("BDAT 1\r\nx"u8.ToArray());
            tally.Add(reply = await client.ReadReplyAsync());
            _clock.Advance(Second);
        }

        Assert.Equal("97 x 250 2.0.0, 1 x 421 4.7.0, 1 x <close>", tally.ToString());
        await _clock.PassUntilAsync(() => server.Intake.Open == 0);
        Assert.Empty(server.Intake.Committed);
    }

    /// <summary>Half as much again as the least rate, in blocks with two minutes between them, for forty minutes; and it may then rest as long as anybody.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_slow_and_keeps_the_rate_is_never_cut(bool inChunks)
    {
        const int Blocks = 20;
        const int BlockOctets = 18_000;
        await using var server = await TestServer.StartAsync(clock: _clock, metrics: _instruments.Metrics);
        var writes = 0;
        server.Intake.OnWrite = _ =>
        {
            Interlocked.Increment(ref writes);
            return ValueTask.CompletedTask;
        };
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<a@client.example>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        await client.SendLineAsync(inChunks ? $"BDAT {Blocks * BlockOctets} LAST" : "DATA");
        Assert.True(inChunks || (await client.ReadReplyAsync()).StartsWith("354 ", StringComparison.Ordinal));
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", BlockOctets / 100)));
        for (var i = 0; i < Blocks; i++)
        {
            var before = Volatile.Read(ref writes);
            await client.SendAsync(block);
            while (Volatile.Read(ref writes) == before)
            {
                await FakeTime.GiveWayAsync();
            }

            _clock.Advance(i < Blocks - 1 ? TimeSpan.FromMinutes(2) : TimeSpan.Zero);
        }

        await client.SendAsync(inChunks ? [] : ".\r\n"u8.ToArray());
        Assert.StartsWith("250 2.6.0 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(Blocks * BlockOctets, Assert.Single(server.Intake.Committed).Raw.Length);
        Assert.Equal(0, _instruments.Sum("cut", "too_slow"));
    }

    public void Dispose() => _instruments.Dispose();

    /// <summary>An octet a second, none of which matters; at the last second it is still there, and then gone, with the clock standing still.</summary>
    private async Task EndsAtAsync(TestClient client, TimeSpan due, string reply)
    {
        var last = client.ReadReplyAsync();
        for (var passed = Second; passed < due; passed += Second)
        {
            await client.SendAsync("A"u8.ToArray());
            _clock.Advance(Second);
        }

        await FakeTime.GiveWayAsync();
        Assert.False(last.IsCompleted);
        _clock.Advance(Second);
        Assert.StartsWith(reply, await last, StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    /// <summary>One octet a second until the server ends it.</summary>
    /// <param name="client">Whose octets they are.</param>
    /// <param name="words">Are sent.</param>
    /// <param name="due">When they should have an end.</param>
    /// <param name="together">What of them is sent at once.</param>
    /// <returns>The server's last reply; empty: none.</returns>
    private async Task<string> EndsAboutAsync(TestClient client, string words, TimeSpan due, string? together = null)
    {
        var began = _clock.GetUtcNow();
        var last = LastAsync(client);
        for (var at = 0; !last.IsCompleted && at < words.Length;)
        {
            var octets = together is not null && words.AsSpan(at).StartsWith(together, StringComparison.Ordinal) ? together.Length + 1 : 1;
            await client.SendAsync(Encoding.Latin1.GetBytes(words, at, octets));
            at += octets;
            _clock.Advance(Second);
            await GiveWayAsync(_clock.GetUtcNow() - began, due);
        }

        var reply = await last;

        // Not before; and not twice as late, since the server may be between two waits when the clock is moved.
        Assert.InRange(_clock.GetUtcNow() - began, due, due * 2);
        return reply;
    }

    /// <summary>Real moments for the server: so many that the clock cannot run twice as far ahead of it as is allowed for.</summary>
    private static async Task GiveWayAsync(TimeSpan passed, TimeSpan due)
    {
        for (var left = passed < due ? Math.Max(1, 300 / (int)due.TotalSeconds) : 50; left > 0; left--)
        {
            await FakeTime.GiveWayAsync();
        }
    }

    private static async Task<string> LastAsync(TestClient client)
    {
        var last = "";
        for (var reply = await client.ReadReplyAsync(); reply != TestClient.Close; reply = await client.ReadReplyAsync())
        {
            last = reply;
        }

        return last;
    }
}
