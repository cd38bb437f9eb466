using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>A drain while clients are everywhere that a client can be: each gets its 250 or a 421, and what was answered 250 is there.</summary>
public sealed class LoadedDrainTests
{
    private const int Each = 5;
    private const string Told = "1 x 421 4.3.2";
    private const string AcceptedAndTold = "1 x 250 2.6.0, 1 x 421 4.3.2";

    private static readonly TimeSpan HardStop = TimeSpan.FromSeconds(25);

    /// <summary>Whom a drain does not wait for: they are told at once.</summary>
    private static readonly Phase[] Waiting =
    [
        new("idle", Told, client => client.GreetAsync()),
        new("in the middle of a command", Told, client => SayAsync(client, "MAIL FR")),
        new("past the longest command", Told, client => SayAsync(client, new string('x', 5_000))),
        new("in a transaction", Told, client => BeginAsync(client)),
        new("between two chunks", Told, async client =>
        {
            await BeginAsync(client);
            Assert.StartsWith("250 2.0.0 ", await client.AskAsync("BDAT 3\r\nx"), StringComparison.Ordinal);
        }),
        new("in a chunk that is refused anyway", Told, client => SayAsync(client, "BDAT 100000\r\nx")),
        new("over TLS", Told, SecureAsync),
        new("asked for a password", Told, async client =>
        {
            Assert.True(await client.HandshakeAsync());
            await client.GreetAsync();
            Assert.StartsWith("334 ", await client.AskAsync("AUTH LOGIN"), StringComparison.Ordinal);
        }) { Kind = ListenerKind.Submissions },
        new("having a wrong password checked, or held back after that", $"1 x 535 5.7.8, {Told}|{Told}", async client =>
        {
            Assert.True(await client.HandshakeAsync());
            await client.GreetAsync();
            await client.SendLineAsync($"AUTH PLAIN {Convert.ToBase64String("\0nobody\0x"u8)}");
        }) { Kind = ListenerKind.Submissions },
        new("held back after many errors", Told, async client =>
        {
            await client.GreetAsync();
            await Tally.AskAsync(client, 10, _ => "FOO");
            await client.SendLineAsync("FOO");
        }),
    ];

    /// <summary>Messages in flight that come to their end in time.</summary>
    private static readonly Phase[] InFlight =
    [
        new("in DATA", AcceptedAndTold, client => SayDataAsync(client, "half\r\n")) { Rest = "rest\r\n.\r\nMAIL FROM:<>\r\n" },
        new("at the dot of DATA", AcceptedAndTold, client => SayDataAsync(client, "half\r\n.")) { Rest = "\r\n" },
        new("in a chunk", AcceptedAndTold, async client =>
        {
            await BeginAsync(client);
            await client.SendAsync("BDAT 20 LAST\r\nhalf"u8.ToArray());
        }) { Rest = "and the other half\r\n"[^16..] },
        new("in DATA over TLS", AcceptedAndTold, async client =>
        {
            await SecureAsync(client);
            await client.MailToDataAsync();
        }) { Rest = "all\r\n.\r\n" },
    ];

    /// <summary>Whom the hard stop ends.</summary>
    private static readonly Phase[] Hanging =
    [
        new("in DATA that does not end", Told, client => SayDataAsync(client, "half\r\n")),
        new("in DATA over TLS that does not end", Told, async client =>
        {
            await SecureAsync(client);
            await client.MailToDataAsync();
        }),
        new("in a handshake", "", client => client.SendAsync("\u0016\u0003\u0001\u0002"u8.ToArray())) { Kind = ListenerKind.Submissions },
        new("in a handshake after STARTTLS", "", async client =>
        {
            await client.GreetAsync();
            Assert.StartsWith("220 2.0.0 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        }),
    ];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Everybody_is_answered_and_what_was_answered_250_is_there()
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(
            limits: Settings.Strict,
            clock: _clock,
            metrics: instruments.Metrics,
            listeners: [new(ListenerKind.Mx, new(IPAddress.Loopback, 0)), new(ListenerKind.Submissions, new(IPAddress.Loopback, 0))]);
        var (waiting, inFlight, hanging) = (await BeginAsync(server, Waiting, 1), await BeginAsync(server, InFlight, 2), await BeginAsync(server, Hanging, 3));
        await Moment.WhenAsync(() => instruments.Sum("delayed", "waited") == Each);

        var draining = server.Server.DrainAsync(HardStop);
        await AssertAsync(waiting); // by a clock that stands still
        foreach (var client in inFlight)
        {
            Assert.False(client.Replies.IsCompleted, client.Phase.Name);
            await client.Client.SendAsync(Encoding.ASCII.GetBytes(client.Phase.Rest));
        }

        await AssertAsync(inFlight);
        Assert.Equal(InFlight.Length * Each, server.Intake.Committed.Count);
        Assert.False(draining.IsCompleted);
        await _clock.PassUntilAsync(() => draining.IsCompleted);
        await draining;
        await AssertAsync(hanging);
        Assert.Equal(InFlight.Length * Each, server.Intake.Committed.Count);
        await Moment.WhenAsync(() => server.Server.Connections == 0); // the clock may have left the last of them behind
        Assert.Equal((0, 0, 0), (server.Intake.Open, instruments.Sessions, instruments.HeldOctets));
        foreach (var client in (Drained[])[.. waiting, .. inFlight, .. hanging])
        {
            await client.Client.DisposeAsync();
        }
    }

    /// <summary>The commits are under way, and nobody knows yet how they end.</summary>
    [Theory]
    [InlineData(true, AcceptedAndTold)]
    [InlineData(false, "1 x 451 4.3.0, 1 x 421 4.3.2")]
    public async Task Commits_under_way_are_waited_for_and_told_as_they_end(bool succeed, string told)
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        var commits = new TaskCompletionSource();
        server.Intake.OnCommit = async _ => await commits.Task;
        var clients = await BeginAsync(server, [new("at the commit", told, client => SayDataAsync(client, "all\r\n.\r\n"))], 1);
        var draining = server.Server.DrainAsync(HardStop);
        if (succeed)
        {
            commits.SetResult();
        }
        else
        {
            commits.SetException(new IOException("No disk"));
        }

        await AssertAsync(clients);
        await draining;
        Assert.Equal(succeed ? Each : 0, server.Intake.Committed.Count);
        Assert.Equal(0, server.Intake.Open);
    }

    [Fact]
    public async Task Commits_that_hang_to_the_hard_stop_are_told_to_come_again()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        server.Intake.OnCommit = async cancel => await Task.Delay(Timeout.Infinite, cancel);
        var clients = await BeginAsync(server, [new("at the commit", "1 x 451 4.3.0, 1 x 421 4.3.2", client => SayDataAsync(client, "all\r\n.\r\n"))], 1);
        var draining = server.Server.DrainAsync(HardStop);
        await _clock.PassUntilAsync(() => draining.IsCompleted);
        await AssertAsync(clients);
        Assert.Equal((0, 0), (server.Intake.Committed.Count, server.Intake.Open));
    }

    [Fact]
    public async Task Who_waits_for_the_greeting_is_told()
    {
        var limits = Settings.Strict;
        limits.GreetDelay = TimeSpan.FromSeconds(30);
        await using var server = await TestServer.StartAsync(limits: limits, clock: _clock);
        var clients = await BeginAsync(server, [new("waits", Told, _ => Task.CompletedTask)], 1);
        await Moment.WhenAsync(() => server.Server.Connections == Each);
        var draining = server.Server.DrainAsync(HardStop);
        await AssertAsync(clients); // by a clock that stands still
        await draining;
    }

    private static async Task<List<Drained>> BeginAsync(TestServer server, Phase[] phases, int network)
    {
        var clients = new List<Drained>();
        for (var i = 0; i < phases.Length * Each; i++)
        {
            var phase = phases[i / Each];
            var endpoint = server.Server.Listeners.First(listener => listener.Kind == phase.Kind).Endpoint;
            var client = await TestClient.ConnectAsync(endpoint, IPAddress.Parse($"127.0.{network}.{1 + (i / Each)}"));
            await phase.BeginAsync(client);
            clients.Add(new(phase, client, ToEndAsync(client)));
        }

        return clients;
    }

    private static async Task AssertAsync(List<Drained> clients)
    {
        foreach (var client in clients)
        {
            var told = await client.Replies;
            Assert.True(client.Phase.Told.Split('|').Contains(told), $"{client.Phase.Name}: {told}");
        }
    }

    private static async Task<string> ToEndAsync(TestClient client)
    {
        var tally = new Tally();
        for (var reply = await client.ReadReplyAsync(); reply != TestClient.Close; reply = await client.ReadReplyAsync())
        {
            tally.Add(reply);
        }

        return tally.ToString();
    }

    private static async Task SayAsync(TestClient client, string words)
    {
        await client.GreetAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(words));
    }

    private static async Task SayDataAsync(TestClient client, string words)
    {
        await client.BeginDataAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(words));
    }

    private static async Task BeginAsync(TestClient client)
    {
        await client.GreetAsync();
        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<a@client.example>"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("RCPT TO:<user@example.net>"), StringComparison.Ordinal);
    }

    private static async Task SecureAsync(TestClient client)
    {
        await client.GreetAsync();
        Assert.StartsWith("220 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.True(await client.HandshakeAsync());
        Assert.StartsWith("250-", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
    }

    /// <param name="Name">Where a client is when the drain begins.</param>
    /// <param name="Told">What it is told from then on, to the end; or that, where it depends on the moment.</param>
    /// <param name="BeginAsync">Takes it there.</param>
    private sealed record Phase(string Name, string Told, Func<TestClient, Task> BeginAsync)
    {
        public ListenerKind Kind { get; init; } = ListenerKind.Mx;

        /// <summary>What it says once the drain has begun.</summary>
        public string Rest { get; init; } = "";
    }

    private sealed record Drained(Phase Phase, TestClient Client, Task<string> Replies);
}
