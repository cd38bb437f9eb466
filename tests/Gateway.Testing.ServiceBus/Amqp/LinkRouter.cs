using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Faults;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Transaction;
using Microsoft.Azure.Amqp.Transport;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Makes what the library asks for and leads each link to its node. A refused link is an exception here: the library makes the detach of it.</summary>
internal sealed class LinkRouter(BrokerQueues queues, SendFaultPlan faults, TimeProvider clock, string keyName, string key) : IRuntimeProvider
{
    /// <summary>Requests may be larger than any message, which travels inside them.</summary>
    private const ulong MaxRequestOctets = 1024 * 1024;

    private readonly Dictionary<MessageQueue, QueuePump> _pumps = queues.All
        .SelectMany(entity => new[] { entity.Queue, entity.Queue.DeadLetters! })
        .ToDictionary(queue => queue, queue => new QueuePump(queue));

    public AmqpConnection CreateConnection(
        TransportBase transport,
        ProtocolHeader protocolHeader,
        bool isInitiator,
        AmqpSettings amqpSettings,
        AmqpConnectionSettings connectionSettings) => new BrokerConnection(transport, protocolHeader, amqpSettings, connectionSettings);

    public AmqpSession CreateSession(AmqpConnection connection, AmqpSessionSettings settings) => new(connection, settings, this);

    public AmqpLink CreateLink(AmqpSession session, AmqpLinkSettings settings)
    {
        // The role is ours: true means that the client sends. What it may send is part of the answer, and the client insists on it.
        if (settings.Role != true)
        {
            return new SendingAmqpLink(session, settings);
        }

        var node = Parse((settings.Target as Target)?.Address);
        settings.MaxMessageSize = node is { Kind: NodeKind.Queue } && queues.TryFind(node.Queue, out var entity)
            ? (ulong)entity.Options.MaxMessageOctets
            : MaxRequestOctets;
        return new ReceivingAmqpLink(session, settings);
    }

    public IAsyncResult BeginOpenLink(AmqpLink link, TimeSpan timeout, AsyncCallback callback, object state)
    {
        Open(link, (BrokerConnection)link.Session.Connection);

        // The library casts the state back to the link.
        var opened = new TaskCompletionSource(state);
        opened.SetResult();
        callback(opened.Task);
        return opened.Task;
    }

    public void EndOpenLink(IAsyncResult result) => ((Task)result).GetAwaiter().GetResult();

    private void Open(AmqpLink link, BrokerConnection connection)
    {
        if (link.Settings.Target is Coordinator)
        {
            throw new AmqpException(Conditions.NotImplemented);
        }

        var address = link is ReceivingAmqpLink ? (link.Settings.Target as Target)?.Address : (link.Settings.Source as Source)?.Address;
        var node = Parse(address) ?? throw new AmqpException(Conditions.NoSuchNode);
        if (node.Kind == NodeKind.Cbs)
        {
            OpenRequests(link, connection, new CbsNode(connection, keyName, key).Respond);
            return;
        }

        if (!connection.Grants.Covers(node.Path, TimeProvider.System.GetUtcNow()))
        {
            throw new AmqpException(Conditions.Unauthorized);
        }

        if (!queues.TryFind(node.Queue, out var entity))
        {
            throw new AmqpException(Conditions.NoSuchNode);
        }

        var queue = node.DeadLetters ? entity.Queue.DeadLetters! : entity.Queue;
        if (node.Kind == NodeKind.Management)
        {
            OpenRequests(link, connection, new ManagementNode(queue, entity.Options, !node.DeadLetters, faults).Respond);
        }
        else
        {
            OpenQueue(link, queue, node.DeadLetters);
        }
    }

    private void OpenQueue(AmqpLink link, MessageQueue queue, bool deadLetters)
    {
        switch (link)
        {
            // A filter is a wish for less than the whole queue (a session, a selector): to ignore it would be to hand out what nobody asked for.
            case SendingAmqpLink when link.Settings.Source is Source { FilterSet.Count: > 0 }:
                throw new AmqpException(Conditions.NotImplemented);
            case SendingAmqpLink sending:
                ReceiveNode.Serve(queue, sending, _pumps[queue]);
                break;
            case ReceivingAmqpLink when deadLetters:
                throw new AmqpException(Conditions.NoSendToDeadLetters);
            case ReceivingAmqpLink receiving:
                SendNode.Serve(queue, receiving, faults, clock);
                break;
        }
    }

    private void OpenRequests(AmqpLink link, BrokerConnection connection, Func<AmqpMessage, RequestAnswer> respond)
    {
        switch (link)
        {
            case ReceivingAmqpLink requests:
                RequestNode.Serve(connection, requests, clock, respond);
                break;
            case SendingAmqpLink replies when !connection.TryAddReplyLink((link.Settings.Target as Target)?.Address?.ToString() ?? "", replies):
                throw new AmqpException(Conditions.TooMuch);
        }
    }

    private static NodeAddress? Parse(Address? address) => address?.ToString() is { } text ? NodeAddress.Parse(text) : null;
}
