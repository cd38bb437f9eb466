using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests;

public sealed class DrainTests
{
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Idle_sessions_are_told_at_once_and_nobody_else_gets_in()
    {
        await using var server = await TestServer.StartAsync();
        await using var greeted = await server.ConnectAsync();
        await greeted.GreetAsync();
        await using var inTransaction = await server.ConnectAsync();
        await inTransaction.GreetAsync();
        await inTransaction.AskAsync("MAIL FROM:<>");
        await server.Server.DrainAsync(Patient);
        foreach (var client in (TestClient[])[greeted, inTransaction])
        {
            Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
            Assert.Equal(TestClient.Close, await client.ReadLineAsync());
        }

        Assert.Equal(0, server.Server.Connections);
        await Assert.ThrowsAsync<SocketException>(server.ConnectAsync);
    }

    [Fact]
    public async Task A_message_in_flight_is_finished_and_answered_first()
    {
        await using var server = await TestServer.StartAsync();
        await using var idle = await server.ConnectAsync();
        await idle.GreetAsync();
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendLineAsync("first half");
        var drain = server.Server.DrainAsync(Patient);
        Assert.StartsWith("421 4.3.2 ", await idle.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.False(drain.IsCompleted);
        await client.SendAsync("second half\r\n.\r\nMAIL FROM:<>\r\n"u8.ToArray());
        Assert.StartsWith("250 2.6.0 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        await drain;
        Assert.Equal("first half\r\nsecond half\r\n"u8.ToArray(), Assert.Single(server.Intake.Committed).Raw);
    }

    [Fact]
    public async Task A_commit_under_way_is_finished_and_answered_first()
    {
        var commit = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync();
        server.Intake.OnCommit = async _ =>
        {
            began.SetResult();
            await commit.Task;
        };
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendLineAsync("x\r\n.");
        await began.Task;
        var drain = server.Server.DrainAsync(Patient);
        Assert.False(drain.IsCompleted);
        commit.SetResult();
        Assert.StartsWith("250 2.6.0 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        await drain;
        Assert.Single(server.Intake.Committed);
    }

    [Fact]
    public async Task What_is_not_done_at_the_hard_stop_is_cut_and_not_committed()
    {
        var clock = new FakeTimeProvider();
        await using var server = await TestServer.StartAsync(clock: clock);
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendLineAsync("half");
        var drain = server.Server.DrainAsync(TimeSpan.FromSeconds(20));
        await clock.PassUntilAsync(() => drain.IsCompleted);
        await drain;
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
        Assert.Equal(0, server.Server.Connections);
        Assert.Empty(server.Intake.Committed);
        Assert.Equal(0, server.Intake.Open);
    }

    [Fact]
    public async Task A_session_over_tls_is_told_too()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("STARTTLS");
        Assert.True(await client.HandshakeAsync());
        await client.AskAsync("EHLO client.example");
        await server.Server.DrainAsync(Patient);
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Fact]
    public async Task Draining_twice_and_disposing_are_harmless()
    {
        var server = await TestServer.StartAsync();
        await server.Server.DrainAsync(TimeSpan.FromSeconds(1));
        await server.Server.DrainAsync(TimeSpan.FromSeconds(1));
        await server.DisposeAsync();
        await server.DisposeAsync();
    }
}
