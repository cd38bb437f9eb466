using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Transport;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>A client's connection, with what it has proved and where it wants its replies.</summary>
internal sealed class BrokerConnection(TransportBase transport, ProtocolHeader header, AmqpSettings settings, AmqpConnectionSettings connectionSettings)
    : AmqpConnection(transport, header, isInitiator: false, settings, connectionSettings)
{
    private const int MaxReplyLinks = 1000;

    private readonly ConcurrentDictionary<string, SendingAmqpLink> _replies = new(StringComparer.Ordinal);

    public TokenGrants Grants { get; } = new();

    /// <summary>False: the connection has too many.</summary>
    public bool TryAddReplyLink(string address, SendingAmqpLink link)
    {
        if (_replies.Count >= MaxReplyLinks)
        {
            return false;
        }

        _replies[address] = link;
        link.Closed += (_, _) => _replies.TryRemove(new(address, link));
        return true;
    }

    public bool TryFindReplyLink(string address, [NotNullWhen(true)] out SendingAmqpLink? link) => _replies.TryGetValue(address, out link);
}
