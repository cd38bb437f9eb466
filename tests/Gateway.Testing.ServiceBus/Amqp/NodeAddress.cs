namespace Gateway.Testing.ServiceBus.Amqp;

internal enum NodeKind
{
    /// <summary>Takes tokens.</summary>
    Cbs,

    /// <summary>A queue or its dead-letter subqueue.</summary>
    Queue,

    /// <summary>Takes requests about a queue or its dead-letter subqueue.</summary>
    Management,
}

/// <summary>What an attach asks for, taken from the address of its source or target.</summary>
/// <remarks><c>Path</c> is the whole address without outer slashes: what a token must cover. <c>Queue</c> is empty for <see cref="NodeKind.Cbs"/>.</remarks>
internal sealed record NodeAddress(NodeKind Kind, string Path, string Queue, bool DeadLetters)
{
    private const string Cbs = "$cbs";
    private const string Management = "/$management";
    private const string DeadLetterQueue = "/$deadletterqueue";

    /// <summary>Takes <c>/queue</c>, <c>queue</c>, <c>queue/$deadletterqueue</c>, each with <c>/$management</c> or not, in any case and percent-encoded.</summary>
    public static NodeAddress Parse(string address)
    {
        var path = Uri.UnescapeDataString(address).Trim('/');
        if (path.Equals(Cbs, StringComparison.OrdinalIgnoreCase))
        {
            return new(NodeKind.Cbs, path, "", false);
        }

        var queue = path;
        var management = TakeEnd(ref queue, Management);
        var deadLetters = TakeEnd(ref queue, DeadLetterQueue);
        return new(management ? NodeKind.Management : NodeKind.Queue, path, queue, deadLetters);
    }

    private static bool TakeEnd(ref string path, string end)
    {
        if (!path.EndsWith(end, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        path = path[..^end.Length];
        return true;
    }
}
