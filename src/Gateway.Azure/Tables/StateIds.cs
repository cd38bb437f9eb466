using Azure.Data.Tables;

namespace Gateway.Azure.Tables;

/// <summary>The ids of a collection in ordinal order, though they are spread over buckets: each bucket is in order, and they are merged.</summary>
internal static class StateIds
{
    private const int MinPage = 20;
    private const int MaxPage = 1000;

    /// <summary>The first ids behind <paramref name="after"/> that have not expired; the last ones when there are fewer than asked for.</summary>
    /// <param name="table">State.</param>
    /// <param name="collection">Valid.</param>
    /// <param name="prefix">Only ids that begin so.</param>
    /// <param name="after">"" for the first.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<List<string>> FirstAsync(TableClient table, string collection, string prefix, string after, long now, int count, CancellationToken cancel)
    {
        if (prefix.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return []; // no id begins so
        }

        // Ids are spread evenly: a sixteenth from each bucket is expected, twice that is asked for at once.
        var page = Math.Clamp(count * 2 / StateEntity.Buckets, MinPage, MaxPage);
        var buckets = Enumerable.Range(0, StateEntity.Buckets)
            .Select(bucket => table.QueryAsync<TableEntity>(Filter(StateEntity.Partition(collection, bucket), prefix, after, now), page, ["RowKey"], cancel).GetAsyncEnumerator(cancel))
            .ToArray();
        try
        {
            return await MergeAsync(buckets, count);
        }
        finally
        {
            foreach (var bucket in buckets)
            {
                await bucket.DisposeAsync();
            }
        }
    }

    private static async Task<List<string>> MergeAsync(IAsyncEnumerator<TableEntity>[] buckets, int count)
    {
        var heads = new PriorityQueue<IAsyncEnumerator<TableEntity>, string>(StringComparer.Ordinal);
        var hasAny = await Task.WhenAll(buckets.Select(bucket => bucket.MoveNextAsync().AsTask()));
        foreach (var (bucket, _) in buckets.Zip(hasAny).Where(bucket => bucket.Second))
        {
            heads.Enqueue(bucket, bucket.Current.RowKey);
        }

        var ids = new List<string>();
        while (ids.Count < count && heads.TryDequeue(out var bucket, out var id))
        {
            ids.Add(id);
            if (await bucket.MoveNextAsync())
            {
                heads.Enqueue(bucket, bucket.Current.RowKey);
            }
        }

        return ids;
    }

    private static string Filter(string partition, string prefix, string after, long now)
    {
        var from = string.CompareOrdinal(after, prefix) < 0
            ? TableClient.CreateQueryFilter($"RowKey ge {prefix}")
            : TableClient.CreateQueryFilter($"RowKey gt {after}");
        var to = Successor(prefix) is { } end ? " and " + TableClient.CreateQueryFilter($"RowKey lt {end}") : "";
        return $"{TableClient.CreateQueryFilter($"PartitionKey eq {partition}")} and {from}{to} and {TableClient.CreateQueryFilter($"Expires gt {now}")}";
    }

    /// <summary>The first text behind all that begin so; null when none is. '~' is the last character of an id.</summary>
    private static string? Successor(string prefix)
    {
        var stem = prefix.TrimEnd('~');
        return stem.Length == 0 ? null : $"{stem[..^1]}{(char)(stem[^1] + 1)}";
    }
}
