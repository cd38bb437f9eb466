using System.Net;
using System.Net.Sockets;
using Gateway.Core;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class GreetDelayTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly MemoryBudget _budget = new(InputBuffer.Octets);
    private readonly TestServer.Meters _meters = new();
    private readonly List<string?> _cut = [];
    private readonly CapturedLogs _logs = new();

    [Fact]
    public async Task Who_waits_is_greeted_after_the_delay_and_not_before()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        var waiting = Delay(6).WaitAsync(loopback.Connection, Lease()).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(6) - TimeSpan.FromTicks(1));
        loopback.Connection.Alarm.Sweep(_clock.GetTimestamp());
        Assert.False(waiting.IsCompleted);
        Assert.Equal(0, _budget.HeldOctets); // who is silent costs no buffer
        _clock.Advance(TimeSpan.FromTicks(1));
        loopback.Connection.Alarm.Sweep(_clock.GetTimestamp());
        Assert.Equal(new GreetWait(null, IsGone: false), await waiting);
        Assert.Empty(_cut);

        await loopback.SendAsync("EHLO a\r\n"); // and all that follows is as ever
        Assert.Equal(Input.More, await loopback.Connection.FillAsync(long.MaxValue, interruptible: true));
        Assert.Equal("EHLO a\r\n"u8, loopback.Connection.Unread.Span);
    }

    [Fact]
    public async Task Who_talks_first_is_sent_away_and_told_why()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        var waiting = Delay(6).WaitAsync(loopback.Connection, Lease()).AsTask();
        await loopback.SendAsync("E");
        Assert.Equal(new GreetWait(Replies.EarlyTalker, IsGone: false), await waiting);
        Assert.Equal(["early_talker"], _cut);
        Assert.Equal(0, _budget.HeldOctets);
        Assert.Equal((1018, "203.0.113.7 did not wait for the greeting"), Assert.Single(_logs.Entries.Select(entry => (entry.Id, entry.Text))));

        loopback.Connection.Write(Replies.EarlyTalker);
        await loopback.Connection.CloseAsync(linger: false);
        var octets = new byte[512];
        var received = await loopback.Client.ReceiveAsync(octets, TestContext.Current.CancellationToken);
        Assert.StartsWith("521 5.5.1 ", System.Text.Encoding.ASCII.GetString(octets, 0, received), StringComparison.Ordinal);
        Assert.Equal(0, await loopback.Client.ReceiveAsync(octets, TestContext.Current.CancellationToken)); // and no reset
    }

    [Fact]
    public async Task What_came_with_a_proxy_header_is_early_too()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        await loopback.SendAsync("PROXY UNKNOWN\r\nEHLO a\r\n");
        Assert.Equal(Input.More, await loopback.Connection.FillAsync(long.MaxValue, interruptible: true));
        loopback.Connection.Consume("PROXY UNKNOWN\r\n".Length);
        Assert.Same(Replies.EarlyTalker, (await Delay(6).WaitAsync(loopback.Connection, Lease())).Refusal);
    }

    [Fact]
    public async Task Who_went_away_meanwhile_is_gone_and_no_early_talker()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        var waiting = Delay(6).WaitAsync(loopback.Connection, Lease()).AsTask();
        loopback.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(new GreetWait(null, IsGone: true), await waiting);
        Assert.Empty(_cut);
    }

    [Fact]
    public async Task A_reset_is_gone_too()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        var waiting = Delay(6).WaitAsync(loopback.Connection, Lease()).AsTask();
        loopback.Client.LingerState = new(enable: true, seconds: 0);
        loopback.Client.Dispose();
        Assert.Equal(new GreetWait(null, IsGone: true), await waiting);
        Assert.Empty(_cut);
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_it()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        var waiting = Delay(6).WaitAsync(loopback.Connection, Lease()).AsTask();
        loopback.Connection.Alarm.Drain();
        Assert.Equal(new GreetWait(Replies.ShuttingDown, IsGone: false), await waiting);
    }

    [Fact]
    public async Task A_stop_is_the_end()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        var waiting = Delay(6).WaitAsync(loopback.Connection, Lease()).AsTask();
        loopback.Connection.Alarm.Stop();
        Assert.Equal(new GreetWait(Replies.ShuttingDown, IsGone: false), await waiting);
    }

    [Fact]
    public async Task Without_a_delay_nobody_waits_and_early_talk_is_not_looked_for()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        await loopback.SendAsync("EHLO a\r\n");
        var waiting = Delay(0).WaitAsync(loopback.Connection, Lease()).AsTask();
        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.Equal(default, await waiting);
    }

    [Fact]
    public async Task Who_is_exempt_does_not_wait()
    {
        await using var loopback = await Loopback.ConnectAsync(_clock, _budget);
        Assert.True(Delay(6).WaitAsync(loopback.Connection, Lease("127.0.0.1")).AsTask().IsCompletedSuccessfully);
    }

    private ClientLease Lease(string address = "203.0.113.7")
    {
        var ledger = new ClientLedger(new(), _clock, new(_clock, new(new TestServer.Meters()), _logs));
        return ledger.Enter(IPAddress.Parse(address)).TryGet(out var lease, out var refusal) ? lease : throw new InvalidOperationException($"{refusal}");
    }

    private GreetDelay Delay(int seconds)
    {
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.cut", (_, reason) => _cut.Add(reason));
        return new(TimeSpan.FromSeconds(seconds), metrics, _logs);
    }
}
