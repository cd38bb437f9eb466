using System.Net;
using Gateway.Core;
using Gateway.Smtp.Abuse;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class ClientLedgerTests
{
    private static readonly IPAddress Flooder = IPAddress.Parse("203.0.113.7");
    private static readonly IPAddress Other = IPAddress.Parse("198.51.100.1");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly TestServer.Meters _meters = new();
    private readonly Dictionary<string, long> _limited = new(StringComparer.Ordinal);
    private readonly CapturedLogs _logs = new();

    [Fact]
    public void A_flood_from_one_address_leaves_another_one_served()
    {
        var ledger = Ledger(new());
        var leases = Enumerable.Range(0, 1_000).Select(_ => ledger.Enter(Flooder)).Select(Lease).OfType<ClientLease>().ToList();
        Assert.Equal(50, leases.Count);
        Assert.Same(Replies.TooManyFromAddress, Refusal(ledger.Enter(Flooder)));
        Assert.NotNull(Lease(ledger.Enter(Other)));
        Assert.Equal(951, _limited["connections_per_address"]);

        leases[0].Dispose();
        Assert.NotNull(Lease(ledger.Enter(Flooder)));
        Assert.Same(Replies.TooManyFromAddress, Refusal(ledger.Enter(Flooder)));
    }

    [Fact]
    public void A_flood_from_a_network_leaves_another_one_served()
    {
        var ledger = Ledger(new());
        var entered = Enumerable.Range(0, 256).Count(host => Lease(ledger.Enter(IPAddress.Parse($"203.0.113.{host}"))) is not null);
        Assert.Equal(200, entered);
        Assert.Same(Replies.TooManyFromNetwork, Refusal(ledger.Enter(IPAddress.Parse("203.0.113.255"))));
        Assert.NotNull(Lease(ledger.Enter(IPAddress.Parse("203.0.112.255"))));
        Assert.NotNull(Lease(ledger.Enter(IPAddress.Parse("203.0.114.0"))));
        Assert.Equal(202, ledger.Tracked); // who was not let in is not remembered
    }

    [Fact]
    public void An_ipv6_network_cannot_rotate_through_its_addresses()
    {
        var ledger = Ledger(new() { ConnectionsPerAddress = 3, ConnectionsPerNetwork = 10, ConnectionsPerMinute = 20 });
        var first = Enumerable.Range(0, 100).Select(host => Lease(ledger.Enter(V6(1, host)))).OfType<ClientLease>().ToList();
        Assert.Equal(10, first.Count);
        Assert.Same(Replies.TooManyFromNetwork, Refusal(ledger.Enter(V6(1, 1_000))));
        Dispose(first);

        // One after the other, each from an address of its own: the rate is the network's.
        var entered = 0;
        for (var host = 0; host < 100; host++)
        {
            if (Lease(ledger.Enter(V6(1, host))) is { } lease)
            {
                lease.Dispose();
                entered++;
            }
        }

        Assert.Equal(10, entered);
        Assert.Same(Replies.TooOftenFromAddress, Refusal(ledger.Enter(V6(1, 77))));
        Assert.NotNull(Lease(ledger.Enter(V6(2, 0))));
        Assert.Equal(2, ledger.Tracked);
    }

    [Fact]
    public void One_ipv6_address_does_not_get_all_of_its_network()
    {
        var ledger = Ledger(new() { ConnectionsPerAddress = 3, ConnectionsPerNetwork = 10 });
        Assert.Equal(3, Enumerable.Range(0, 10).Count(_ => Lease(ledger.Enter(V6(1, 5))) is not null));
        Assert.Same(Replies.TooManyFromAddress, Refusal(ledger.Enter(V6(1, 5))));
        Assert.NotNull(Lease(ledger.Enter(V6(1, 6))));
    }

    [Fact]
    public void Messages_recipients_and_errors_of_an_ipv6_network_count_together()
    {
        var ledger = Ledger(new() { MessagesPerMinute = 2, RecipientsPerMinute = 100, ErrorsPerMinute = 2 });
        var leases = Enumerable.Range(0, 3).Select(host => Lease(ledger.Enter(V6(1, host)))!).ToList();
        Assert.Equal([null, null, Replies.TooManyMessagesFromAddress], leases.Select(lease => lease.CountMessage()));
        Assert.Equal([null, null, Replies.TooManyErrorsFromAddress], leases.Select(lease => lease.CountError()));
    }

    [Fact]
    public void Connections_are_counted_by_the_minute()
    {
        var ledger = Ledger(new() { ConnectionsPerMinute = 60 });
        for (var i = 0; i < 60; i++)
        {
            Lease(ledger.Enter(Flooder))!.Dispose();
        }

        Assert.Same(Replies.TooOftenFromAddress, Refusal(ledger.Enter(Flooder)));
        Assert.NotNull(Lease(ledger.Enter(Other)));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(Lease(ledger.Enter(Flooder)));
        Assert.Same(Replies.TooOftenFromAddress, Refusal(ledger.Enter(Flooder)));
    }

    [Fact]
    public void Messages_and_recipients_are_counted_by_the_minute_and_over_all_connections()
    {
        var ledger = Ledger(new() { MessagesPerMinute = 6, RecipientsPerMinute = 120 });
        var (one, two, other) = (Lease(ledger.Enter(Flooder))!, Lease(ledger.Enter(Flooder))!, Lease(ledger.Enter(Other))!);
        Assert.Equal(6, Enumerable.Range(0, 10).Count(_ => one.CountMessage() is null) + Enumerable.Range(0, 10).Count(_ => two.CountMessage() is null));
        Assert.Equal(120, Enumerable.Range(0, 70).Count(_ => one.CountRecipient() is null) + Enumerable.Range(0, 70).Count(_ => two.CountRecipient() is null));
        Assert.Same(Replies.TooManyMessagesFromAddress, two.CountMessage());
        Assert.Same(Replies.TooManyRecipientsFromAddress, two.CountRecipient());
        Assert.Null(other.CountMessage());
        Assert.Null(other.CountRecipient());

        one.Dispose();
        two.Dispose();
        Assert.Same(Replies.TooManyMessagesFromAddress, Lease(ledger.Enter(Flooder))!.CountMessage()); // a new connection is no new beginning
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(Lease(ledger.Enter(Flooder))!.CountMessage());
    }

    [Fact]
    public void Who_has_no_errors_left_finds_nothing_out_on_any_connection()
    {
        var ledger = Ledger(new() { ErrorsPerMinute = 60 });
        var (lease, second) = (Lease(ledger.Enter(Flooder))!, Lease(ledger.Enter(Flooder))!);
        Assert.All(Enumerable.Range(0, 60), _ => Assert.Null(lease.CountError()));
        Assert.Same(Replies.TooManyErrorsFromAddress, lease.CountError());
        Assert.Same(Replies.TooManyErrorsFromAddress, second.CountRecipient());
        Assert.Same(Replies.TooManyErrorsFromAddress, Refusal(ledger.Enter(Flooder)));
        Assert.Null(Lease(ledger.Enter(Other))!.CountRecipient());

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(second.CountRecipient());
        Assert.NotNull(Lease(ledger.Enter(Flooder)));
        Assert.Null(second.CountError());
        Assert.Same(Replies.TooManyErrorsFromAddress, second.CountRecipient());
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var ledger = Ledger(new()
        {
            ConnectionsPerAddress = 0,
            ConnectionsPerNetwork = 0,
            ConnectionsPerMinute = 0,
            MessagesPerMinute = 0,
            RecipientsPerMinute = 0,
            ErrorsPerMinute = 0,
        });
        for (var i = 0; i < 5_000; i++)
        {
            var lease = Lease(ledger.Enter(Flooder))!;
            Assert.Null(lease.CountMessage() ?? lease.CountRecipient() ?? lease.CountError());
        }

        Assert.Equal(5_000, ledger.Open);
    }

    [Fact]
    public void Who_is_unknown_is_counted_and_not_limited()
    {
        var ledger = Ledger(Least());
        var leases = Enumerable.Range(0, 5_000).Select(_ => Lease(ledger.Enter(null))!).ToList();
        Assert.All(leases, lease => Assert.Null(lease.CountMessage() ?? lease.CountRecipient() ?? lease.CountError()));
        Assert.False(leases[0].IsExempt);
        Assert.Equal((5_000, 0, 0), (ledger.Open, ledger.Tracked, ledger.Counted));
        Dispose(leases);
        Assert.Equal(0, ledger.Open);
        Assert.Empty(_limited);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void Who_is_exempt_is_counted_and_not_limited(string address)
    {
        var options = Least();
        options.Exempt = "127.0.0.0/8,::1";
        var ledger = Ledger(options);
        var leases = Enumerable.Range(0, 5_000).Select(_ => Lease(ledger.Enter(IPAddress.Parse(address)))!).ToList();
        Assert.All(leases, lease => Assert.Null(lease.CountMessage() ?? lease.CountRecipient() ?? lease.CountError()));
        Assert.All(leases, lease => Assert.True(lease.IsExempt));
        Assert.Equal(5_000, ledger.Open);
        Dispose(leases);
        Assert.Equal(0, ledger.Open);

        options.Exempt = "none";
        var strict = Ledger(options);
        Assert.NotNull(Lease(strict.Enter(IPAddress.Parse(address))));
        Assert.NotNull(Refusal(strict.Enter(IPAddress.Parse(address))));
    }

    [Fact]
    public void An_exempt_address_takes_nothing_of_its_network()
    {
        var ledger = Ledger(new() { Exempt = "203.0.113.7", ConnectionsPerAddress = 5, ConnectionsPerNetwork = 5 });
        Assert.All(Enumerable.Range(0, 100), _ => Assert.NotNull(Lease(ledger.Enter(Flooder))));
        Assert.NotNull(Lease(ledger.Enter(IPAddress.Parse("203.0.113.8"))));
    }

    [Fact]
    public void A_mapped_address_is_the_ipv4_address()
    {
        var ledger = Ledger(new() { ConnectionsPerAddress = 1 });
        Assert.NotNull(Lease(ledger.Enter(Flooder)));
        Assert.Same(Replies.TooManyFromAddress, Refusal(ledger.Enter(Flooder.MapToIPv6())));
    }

    [Fact]
    public void A_place_is_given_up_once()
    {
        var ledger = Ledger(new() { ConnectionsPerAddress = 2 });
        var (first, _) = (Lease(ledger.Enter(Flooder))!, Lease(ledger.Enter(Flooder))!);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, ledger.Open);
        Assert.NotNull(Lease(ledger.Enter(Flooder)));
        Assert.NotNull(Refusal(ledger.Enter(Flooder)));
        Assert.Null(first.CountMessage() ?? first.CountRecipient() ?? first.CountError()); // it is nobody's any more
    }

    [Fact]
    public void Who_is_refused_is_named_at_debug_only()
    {
        var ledger = Ledger(new() { ConnectionsPerAddress = 1 });
        Assert.NotNull(Lease(ledger.Enter(Flooder)));
        Assert.NotNull(Refusal(ledger.Enter(Flooder)));
        Assert.Contains("203.0.113.7", Assert.Single(_logs.Entries, entry => entry.Id == 1016).Text, StringComparison.Ordinal);
        Assert.All(_logs.Entries.Where(entry => entry.Id != 1016), entry => Assert.DoesNotContain("203.0.113.7", entry.Text, StringComparison.Ordinal));
    }

    private static LimitOptions Least() => new()
    {
        Exempt = "none",
        ConnectionsPerAddress = 1,
        ConnectionsPerNetwork = 1,
        ConnectionsPerMinute = 1,
        MessagesPerMinute = 1,
        RecipientsPerMinute = 100,
        ErrorsPerMinute = 1,
    };

    private static IPAddress V6(int network, int host) => IPAddress.Parse($"2001:db8:0:{network:x}::{host:x}");

    private static ClientLease? Lease(Outcome<ClientLease> entered) => entered.TryGet(out var lease, out _) ? lease : null;

    private static Reply? Refusal(Outcome<ClientLease> entered) => entered.TryGet(out _, out var refusal) ? null : refusal;

    private static void Dispose(List<ClientLease> leases) => leases.ForEach(lease => lease.Dispose());

    private ClientLedger Ledger(LimitOptions options)
    {
        Assert.Empty(options.Problems());
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.limited", (count, limit) => _limited[limit!] = _limited.GetValueOrDefault(limit!) + count);
        return new(options, _clock, new(_clock, metrics, _logs));
    }
}
