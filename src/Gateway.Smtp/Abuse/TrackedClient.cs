namespace Gateway.Smtp.Abuse;

/// <summary>What is remembered of one IPv4 address or IPv6 /64; under the lock of the <see cref="ClientLedger"/>.</summary>
internal sealed class TrackedClient
{
    public TrackedClient() => Place = new(this);

    public ClientKey Key;

    /// <summary>Connections that are open.</summary>
    public int Open;

    /// <summary>The buckets of <see cref="Rate"/>.</summary>
    public long Connections;
    public long Messages;
    public long Recipients;
    public long Errors;

    /// <summary>Among those that are not connected, least recently connected first.</summary>
    public LinkedListNode<TrackedClient> Place { get; }

    /// <summary>Begins anew as somebody else, with full buckets.</summary>
    public void Become(ClientKey key, long now)
    {
        (Key, Open) = (key, 0);
        Connections = Messages = Recipients = Errors = now;
    }
}
