using System.Collections.Concurrent;
using System.Globalization;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Counts how far the dialogues came, so that it shows when they do not come anywhere any more.</summary>
internal sealed class Reach
{
    private static readonly string[] Needed = ["DATA", "BDAT", "TLS", "AUTH accepted", "AUTH refused", "PROXY accepted", "PROXY refused", "messages"];

    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>What was never reached, and must be.</summary>
    public IEnumerable<string> Missing => Needed.Where(name => !_counts.ContainsKey(name));

    public void Count(string name, long times = 1)
    {
        if (times > 0)
        {
            _counts.AddOrUpdate(name, times, (_, before) => before + times);
        }
    }

    public void Count(Script script, Account account, int handshakes)
    {
        Count("dialogues");
        Count("replies", account.Replies.Count);
        Count("TLS", handshakes);
        Count("messages", account.Accepted.Count);
        foreach (var (name, reply) in account.Replies)
        {
            var what = (name, reply.Status) switch
            {
                (_, "354") => "DATA",
                (nameof(DueKind.Chunk) or "BDAT", "250 2.0.0" or "250 2.6.0") => "BDAT",
                (_, "235 2.7.0") => "AUTH accepted",
                (_, "535 5.7.8") => "AUTH refused",
                _ when reply.Code is 421 or 521 => $"{reply.Status} {reply.Text}",
                _ => null,
            };
            Count(what ?? "", what is null ? 0 : 1);
        }

        if (script.Site == SiteKind.Proxied)
        {
            var isRefused = account.Replies is [(nameof(DueKind.BadHeader), _), ..];
            Count(isRefused ? "PROXY refused" : "PROXY accepted", isRefused || account.Replies.Any(reply => reply.Reply.Code == 220) ? 1 : 0);
        }
    }

    /// <summary>A line for each count.</summary>
    public override string ToString() =>
        string.Join('\n', _counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value,9}  {count.Key}")));
}
