using System.Buffers.Binary;
using System.Net;
using Gateway.Smtp.Abuse;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

/// <summary>What the ledger keeps in mind is bounded, and right whoever comes and goes at the same time.</summary>
public sealed class ClientLedgerBoundTests
{
    private const int Addresses = 1_000_000;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_million_addresses_take_no_more_room_than_there_is()
    {
        var ledger = Ledger(new() { TrackedAddresses = 10_000 });
        for (var i = 0; i < Addresses; i++)
        {
            Enter(ledger, V4(i)).Dispose();
            if (i % 50_000 == 0)
            {
                Assert.InRange(ledger.Tracked, 1, 10_000);
            }
        }

        Assert.Equal((10_000, 0, 0), (ledger.Tracked, ledger.Counted, ledger.Open));
    }

    [Fact]
    public void A_full_table_makes_no_garbage_but_the_leases()
    {
        var ledger = Ledger(new() { TrackedAddresses = 2_000 });
        var addresses = Enumerable.Range(0, 20_000).Select(V4).ToArray();
        EnterAll(ledger, addresses); // the table fills, and what runs once runs
        var before = GC.GetAllocatedBytesForCurrentThread();
        EnterAll(ledger, addresses);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / addresses.Length;
        Assert.InRange(each, 1, 64);
    }

    [Fact]
    public void Who_was_away_longest_is_forgotten_first_and_nobody_who_is_connected()
    {
        var ledger = Ledger(new() { TrackedAddresses = 1_024, MessagesPerMinute = 1 });
        var connected = Enter(ledger, V4(-1));
        Assert.Null(connected.CountMessage());
        var early = V4(-2);
        using (var lease = Enter(ledger, early))
        {
            Assert.Null(lease.CountMessage());
        }

        for (var i = 0; i < 1_022; i++)
        {
            Enter(ledger, V4(i)).Dispose();
        }

        using (var lease = Enter(ledger, early)) // the last in the table; and now the one that was there last
        {
            Assert.NotNull(lease.CountMessage());
        }

        for (var i = 2_000; i < 3_021; i++)
        {
            Enter(ledger, V4(i)).Dispose();
        }

        using (var lease = Enter(ledger, early))
        {
            Assert.NotNull(lease.CountMessage());
        }

        for (var i = 4_000; i < 6_000; i++)
        {
            Enter(ledger, V4(i)).Dispose();
        }

        Assert.Equal(1_024, ledger.Tracked);
        Assert.NotNull(connected.CountMessage());
        Assert.Null(Enter(ledger, early).CountMessage()); // forgotten meanwhile
    }

    [Fact]
    public void Connected_clients_may_be_more_than_the_table_has_room_for_and_are_fewer_when_they_left()
    {
        var ledger = Ledger(new() { TrackedAddresses = 1_024, ConnectionsPerNetwork = 0 });
        var leases = Enumerable.Range(0, 5_000).Select(i => Enter(ledger, V4(i))).ToList();
        Assert.Equal((5_000, 5_000), (ledger.Tracked, ledger.Open));
        leases.ForEach(lease => lease.Dispose());
        Assert.Equal((1_024, 0, 0), (ledger.Tracked, ledger.Open, ledger.Counted));
    }

    [Fact]
    public void A_lease_that_has_ended_does_not_count_for_who_came_into_its_place()
    {
        var ledger = Ledger(new() { TrackedAddresses = 1_024, MessagesPerMinute = 1 });
        var ended = Enter(ledger, V4(-1));
        ended.Dispose();
        var others = Enumerable.Range(0, 1_024).Select(i => Enter(ledger, V4(i << 8))).ToList();
        Assert.Null(ended.CountMessage());
        ended.Dispose();
        Assert.All(others, lease => Assert.Null(lease.CountMessage()));
        Assert.Equal(1_024, ledger.Open);
    }

    [Fact]
    public async Task Many_threads_that_come_and_go_leave_nothing_behind_and_pass_no_limit()
    {
        var ledger = Ledger(new() { TrackedAddresses = 1_024, ConnectionsPerAddress = 20, ConnectionsPerNetwork = 40, ConnectionsPerMinute = 0, MessagesPerMinute = 1_000 });
        var (open, most, messages) = (0, 0, 0);
        var shared = V4(7);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(
            () =>
            {
                var held = new Queue<(ClientLease Lease, bool IsShared)>();
                for (var i = 0; i < 20_000; i++)
                {
                    var isShared = i % 2 == 0;
                    if (ledger.Enter(isShared ? shared : V4((thread << 20) + i)).TryGet(out var lease, out _))
                    {
                        held.Enqueue((lease, isShared));
                        Max(ref most, isShared ? Interlocked.Increment(ref open) : 0);
                        Interlocked.Add(ref messages, isShared && lease.CountMessage() is null ? 1 : 0);
                    }

                    if (held.Count > 10)
                    {
                        Leave(held, ref open);
                    }
                }

                while (held.Count > 0)
                {
                    Leave(held, ref open);
                }
            },
            TestContext.Current.CancellationToken)));

        Assert.InRange(most, 1, 20);
        Assert.Equal(1_000, messages); // the clock stood still
        Assert.Equal((0, 0), (ledger.Open, ledger.Counted));
        Assert.InRange(ledger.Tracked, 1, 1_024);
        Assert.Equal(20, Enumerable.Range(0, 30).Count(_ => ledger.Enter(shared).TryGet(out var _, out var _)));
    }

    private static void Leave(Queue<(ClientLease Lease, bool IsShared)> held, ref int open)
    {
        var (lease, isShared) = held.Dequeue();
        Interlocked.Add(ref open, isShared ? -1 : 0); // before its place is free for another
        lease.Dispose();
    }

    private static void Max(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref most, value, seen);
            seen = before == seen ? value : before;
        }
    }

    private static void EnterAll(ClientLedger ledger, IPAddress[] addresses)
    {
        foreach (var address in addresses)
        {
            Enter(ledger, address).Dispose();
        }
    }

    private static ClientLease Enter(ClientLedger ledger, IPAddress address) =>
        ledger.Enter(address).TryGet(out var lease, out var refusal) ? lease : throw new InvalidOperationException($"{address}: {refusal}");

    private static IPAddress V4(int number)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(octets, 0x0b000000 + number);
        return new(octets);
    }

    private ClientLedger Ledger(LimitOptions options)
    {
        Assert.Empty(options.Problems());
        return new(options, _clock, new(_clock, new(new TestServer.Meters()), NullLogger.Instance));
    }
}
