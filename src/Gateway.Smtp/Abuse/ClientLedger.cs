using System.Net;
using System.Runtime.InteropServices;
using Gateway.Core;

namespace Gateway.Smtp.Abuse;

/// <summary>
/// Who is connected and how much each client did lately, and whether that is too much. Connections are counted exactly, rates by <see cref="Rate"/>. What it remembers is bounded: clients that
/// are connected (at most MaxConnections, which its caller sees to), and of others as many as <see cref="LimitOptions.TrackedAddresses"/> leaves, the last ones. Safe on all threads.
/// </summary>
/// <remarks>One lock: each question is a few look-ups, some 0.1 us, and a message needs four.</remarks>
internal sealed class ClientLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ClientKey, TrackedClient> _clients = [];
    private readonly LinkedList<TrackedClient> _idle = [];

    /// <summary>Open connections of what has no rates: the IPv4 /24, and the single IPv6 address.</summary>
    private readonly Dictionary<ClientKey, int> _counts = [];

    private readonly LimitOptions _options;
    private readonly NetworkList _exempt;
    private readonly TimeProvider _clock;
    private readonly LimitReport _report;
    private readonly Rate _connections;
    private readonly Rate _messages;
    private readonly Rate _recipients;
    private readonly Rate _errors;
    private int _open;

    public ClientLedger(LimitOptions options, TimeProvider clock, LimitReport report)
    {
        (_options, _exempt, _clock, _report) = (options, options.ExemptNetworks(), clock, report);
        _connections = new(options.ConnectionsPerMinute, clock);
        _messages = new(options.MessagesPerMinute, clock);
        _recipients = new(options.RecipientsPerMinute, clock);
        _errors = new(options.ErrorsPerMinute, clock);
    }

    /// <summary>Leases that are out: all of them, those of unknown and exempt clients too.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Clients that something is remembered of.</summary>
    public int Tracked
    {
        get
        {
            lock (_gate)
            {
                return _clients.Count;
            }
        }
    }

    /// <summary>Addresses and networks that are counted but not remembered; 0 when nobody is connected.</summary>
    internal int Counted
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>A connection begins. The lease is to be disposed of when it ends; without one it is to be closed with the reply, 421 4.7.0.</summary>
    /// <param name="address">The client's, behind a proxy the one that the header told; null: unknown, and nothing is limited by it.</param>
    public Outcome<ClientLease> Enter(IPAddress? address)
    {
        address = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        var isExempt = address is not null && _exempt.Contains(address);
        if (address is null || isExempt)
        {
            Interlocked.Increment(ref _open);
            return new ClientLease(this, address, client: null, isExempt);
        }

        if (TryEnter(ClientKey.Of(address), out var client) is { } limit)
        {
            return Refuse(limit, address);
        }

        Interlocked.Increment(ref _open);
        return new ClientLease(this, address, client, isExempt: false);
    }

    /// <param name="lease">Whose client did something.</param>
    /// <param name="limit">What is counted.</param>
    /// <param name="isQuestion">Nothing is counted, and the answer is what it would be.</param>
    internal Reply? Count(ClientLease lease, Limit limit, bool isQuestion = false)
    {
        lock (_gate)
        {
            if (lease.Client is not { } client || TryTake(client, limit, _clock.GetTimestamp(), isQuestion))
            {
                return null;
            }
        }

        return Refuse(limit, lease.Address);
    }

    internal void Leave(ClientLease lease)
    {
        lock (_gate)
        {
            if (lease.HasEnded)
            {
                return;
            }

            if (lease.Client is { } client)
            {
                CountDown(Beside(ClientKey.Of(lease.Address!)));
                client.Open--;
                Rest(client);
            }

            lease.End();
        }

        Interlocked.Decrement(ref _open);
    }

    private Limit? TryEnter(ClientKey address, out TrackedClient? client)
    {
        var (key, beside) = (address.IsIPv4 ? address : address.Network, Beside(address));
        lock (_gate)
        {
            var now = _clock.GetTimestamp();
            _clients.TryGetValue(key, out client);
            var (ofKey, ofBeside) = (client?.Open ?? 0, _counts.GetValueOrDefault(beside));
            var (ofAddress, ofNetwork) = address.IsIPv4 ? (ofKey, ofBeside) : (ofBeside, ofKey);
            var limit = client is not null && _errors.IsEmpty(client.Errors, now) ? Limit.ErrorsPerMinute
                : IsAt(_options.ConnectionsPerAddress, ofAddress) ? Limit.ConnectionsPerAddress
                : IsAt(_options.ConnectionsPerNetwork, ofNetwork) ? Limit.ConnectionsPerNetwork
                : client is not null && !_connections.TryTake(ref client.Connections, now) ? Limit.ConnectionsPerMinute
                : (Limit?)null;
            if (limit is not null)
            {
                return limit;
            }

            if (client is null)
            {
                client = Remember(key, now);
                _connections.TryTake(ref client.Connections, now);
            }
            else if (client.Open == 0)
            {
                _idle.Remove(client.Place);
            }

            client.Open++;
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, beside, out _)++;
            return null;
        }
    }

    private bool TryTake(TrackedClient client, Limit limit, long now, bool isQuestion) => limit switch
    {
        Limit.MessagesPerMinute => _messages.TryTake(ref client.Messages, now),
        Limit.RecipientsPerMinute => _recipients.TryTake(ref client.Recipients, now),
        _ when isQuestion => !_errors.IsEmpty(client.Errors, now),
        _ => _errors.TryTake(ref client.Errors, now),
    };

    private Reply Refuse(Limit limit, IPAddress? address)
    {
        _report.Refused(limit, address);
        return limit switch
        {
            Limit.ConnectionsPerAddress => Replies.TooManyFromAddress,
            Limit.ConnectionsPerNetwork => Replies.TooManyFromNetwork,
            Limit.ConnectionsPerMinute => Replies.TooOftenFromAddress,
            Limit.MessagesPerMinute => Replies.TooManyMessagesFromAddress,
            Limit.RecipientsPerMinute => Replies.TooManyRecipientsFromAddress,
            _ => Replies.TooManyErrorsFromAddress,
        };
    }

    /// <summary>What is counted besides the client that has the rates.</summary>
    private static ClientKey Beside(ClientKey address) => address.IsIPv4 ? address.Network : address;

    private static bool IsAt(int limit, int count) => limit > 0 && count >= limit;

    /// <summary>A new client, in the place of the one that was away longest when there is no more room.</summary>
    private TrackedClient Remember(ClientKey key, long now)
    {
        TrackedClient client;
        if (_clients.Count >= _options.TrackedAddresses && _idle.First is { } oldest)
        {
            client = oldest.Value;
            _idle.Remove(oldest);
            _clients.Remove(client.Key);
        }
        else
        {
            client = new();
        }

        client.Become(key, now);
        _clients.Add(key, client);
        return client;
    }

    /// <summary>Keeps a client that may have no connection left; not where connected ones took more room than there is.</summary>
    private void Rest(TrackedClient client)
    {
        if (client.Open > 0)
        {
            return;
        }

        if (_clients.Count > _options.TrackedAddresses)
        {
            _clients.Remove(client.Key);
        }
        else
        {
            _idle.AddLast(client.Place);
        }
    }

    private void CountDown(ClientKey beside)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, beside);
        if (--count == 0)
        {
            _counts.Remove(beside);
        }
    }
}
