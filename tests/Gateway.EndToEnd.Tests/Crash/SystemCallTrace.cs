using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>A finished system call.</summary>
/// <param name="Name">Such as <c>fdatasync</c>.</param>
/// <param name="Text">Arguments and result as strace writes them; the descriptor comes first, with what it stands for.</param>
/// <param name="Began">Line of the trace on which it began: lines stand in the order in which things happened.</param>
/// <param name="Ended">Line on which it ended.</param>
internal sealed record SystemCall(string Name, string Text, int Began, int Ended)
{
    /// <summary>What the first argument stands for: a path, or one certain socket.</summary>
    public string Target { get; } = SystemCallTrace.Descriptor().Match(Text).Groups["target"].Value;

    /// <summary>Octets moved; 0 for a sync that succeeded; negative for a failure.</summary>
    public long Result { get; } = long.TryParse(SystemCallTrace.ResultOf().Match(Text).Groups["result"].Value, out var result) ? result : -1;

    public bool IsSync => Name is "fsync" or "fdatasync";

    public bool IsWrite => Name is "write" or "pwrite64" or "pwritev";

    public bool IsReceive => Name is "recvfrom" or "recvmsg" or "read";

    public bool IsSend => Name is "sendto" or "sendmsg";

    /// <summary>It had ended when <paramref name="next"/> began.</summary>
    public bool IsBefore(SystemCall next) => Ended < next.Began;
}

/// <summary>What <c>strace -f -tt -yy -o FILE</c> wrote of all threads, calls that were interrupted by others put together again.</summary>
internal static partial class SystemCallTrace
{
    /// <summary>What has to be traced for <see cref="SystemCall"/>'s questions; execve names the process.</summary>
    public const string Calls = "execve,fsync,fdatasync,write,pwrite64,pwritev,read,recvfrom,recvmsg,sendto,sendmsg";

    private const string Unfinished = " <unfinished ...>";

    public static IReadOnlyList<SystemCall> Parse(IEnumerable<string> lines)
    {
        var calls = new List<SystemCall>();
        var open = new Dictionary<string, (string Text, int Began)>(StringComparer.Ordinal);
        foreach (var (number, line) in lines.Index())
        {
            if (Line().Match(line) is not { Success: true } match)
            {
                continue;
            }

            var (thread, text) = (match.Groups["thread"].Value, match.Groups["text"].Value);
            var began = number;
            if (text.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                open[thread] = (text[..^Unfinished.Length], number);
                continue;
            }

            if (Resumed().Match(text) is { Success: true } resumed && open.Remove(thread, out var first))
            {
                (text, began) = (first.Text + resumed.Groups["rest"].Value, first.Began);
            }

            if (Call().Match(text) is { Success: true } call)
            {
                calls.Add(new(call.Groups["name"].Value, call.Groups["rest"].Value, began, number));
            }
        }

        return calls;
    }

    /// <summary>The id of the traced process: of its first call.</summary>
    public static int? ProcessId(IEnumerable<string> lines) =>
        lines.Select(line => Line().Match(line)).FirstOrDefault(match => match.Success) is { } first ? int.Parse(first.Groups["thread"].Value, null) : null;

    [GeneratedRegex(@"^\d+<(?<target>[^>]*(?:->[^>]*)?)>")]
    internal static partial Regex Descriptor();

    [GeneratedRegex(@"\)\s+= (?<result>-?\d+)")]
    internal static partial Regex ResultOf();

    [GeneratedRegex(@"^(?<thread>\d+)\s+[\d:.]+ (?<text>.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(?<rest>.*)$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^(?<name>\w+)\((?<rest>.*)$")]
    private static partial Regex Call();
}
