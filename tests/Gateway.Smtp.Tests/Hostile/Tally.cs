namespace Gateway.Smtp.Tests.Hostile;

/// <summary>How many replies there were of each kind, by code and enhanced code, in the order in which they first came.</summary>
internal sealed class Tally
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <returns>The kind.</returns>
    public string Add(string reply)
    {
        var words = reply.Split(' ', '-');
        var kind = words.Length > 1 && words[1].Length == 5 && words[1][1] == '.' ? $"{words[0]} {words[1]}" : words[0];
        _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        return kind;
    }

    /// <summary>Has a client say so many lines one after the other.</summary>
    public static async Task<string> AskAsync(TestClient client, int times, Func<int, string> line)
    {
        var tally = new Tally();
        for (var i = 0; i < times; i++)
        {
            tally.Add(await client.AskAsync(line(i)));
        }

        return tally.ToString();
    }

    public override string ToString() => string.Join(", ", _counts.Select(one => $"{one.Value} x {one.Key}"));
}
