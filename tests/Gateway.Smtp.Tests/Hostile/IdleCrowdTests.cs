using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Five thousand that connect and say nothing. Alone in its process run, since the whole process is measured.</summary>
[Collection("Alone")]
public sealed class IdleCrowdTests
{
    private const int Clients = 5_000;
    private const int MostOctetsEach = 12 * 1024;

    /// <summary>Both ends of each connection, and what the runtime and the tests have open anyway.</summary>
    private const int Descriptors = (2 * Clients) + 500;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Five_thousand_idle_clients_cost_little_and_keep_out_only_who_is_one_too_many()
    {
        SkipWithoutDescriptors();
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = Clients + 1, limits: Settings.Strict, clock: _clock, metrics: instruments.Metrics);
        using (var warm = new Crowd()) // what runs once has run
        {
            await JoinAsync(warm, server, 100);
        }

        await _clock.PassUntilAsync(() => instruments.Sessions == 0);
        var (heap, workingSet) = Measure();
        using var crowd = new Crowd();
        await JoinAsync(crowd, server, Clients);
        Assert.Equal("5000 x 220", crowd.Tally);
        var (heapWith, workingSetWith) = Measure();
        var each = (heapWith - heap) / Clients;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{each} octets of heap for each of {Clients} idle clients, its own socket included; the working set rose by {(workingSetWith - workingSet) / 1024 / 1024} MB");
        Assert.InRange(each, 1, MostOctetsEach);
        Assert.Equal((Clients, 0), (instruments.Sessions, instruments.HeldOctets));

        await using (var client = await server.ConnectAsync())
        {
            await client.GreetAsync();
            using var late = new Crowd();
            Assert.Equal("421 4.3.2", await late.JoinAsync(server.Endpoint));
            await client.MailToDataAsync();
            Assert.StartsWith("250 2.6.0 ", await client.AskAsync("."), StringComparison.Ordinal);
            Assert.StartsWith("221 ", await client.AskAsync("QUIT"), StringComparison.Ordinal);
        }

        await server.Server.DrainAsync(TimeSpan.FromSeconds(30)); // by a clock that stands still
        var told = new Tally();
        foreach (var socket in crowd.Sockets)
        {
            told.Add(await Crowd.ReadToEndAsync(socket));
        }

        Assert.Equal("5000 x 421 4.3.2", told.ToString());
        Assert.Equal((0, 0), (server.Server.Connections, instruments.Sessions));
    }

    /// <summary>And the same when nobody drains: each is let go when it has been silent for so long.</summary>
    [Fact]
    public async Task Idle_clients_are_all_let_go_after_their_five_minutes_and_none_before()
    {
        SkipWithoutDescriptors();
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = Clients, limits: Settings.Strict, clock: _clock);
        using var crowd = new Crowd();
        await JoinAsync(crowd, server, Clients);
        _clock.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(Clients, server.Server.Connections);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var told = new Tally();
        foreach (var socket in crowd.Sockets)
        {
            told.Add(await Crowd.ReadToEndAsync(socket));
        }

        Assert.Equal("5000 x 421 4.4.2", told.ToString());
    }

    /// <summary>As many to a network and to an address as the limits let in.</summary>
    private static async Task JoinAsync(Crowd crowd, TestServer server, int clients)
    {
        for (var i = 0; i < clients; i++)
        {
            await crowd.JoinAsync(server.Endpoint, IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.1.{i / 200}.{1 + (i / 50 % 4)}")));
        }
    }

    private static (long Heap, long WorkingSet) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }

    private static void SkipWithoutDescriptors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere 127.0.0.0/8 is not all this machine's");
        var limit = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        Assert.SkipUnless(limit == "unlimited" || int.Parse(limit, CultureInfo.InvariantCulture) >= Descriptors, $"needs {Descriptors} open files, the limit is {limit}");
    }
}

/// <summary>Tests that measure the process or load it so much that others would suffer.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class AloneCollection;
