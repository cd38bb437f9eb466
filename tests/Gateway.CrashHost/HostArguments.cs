using System.Globalization;

namespace Gateway.CrashHost;

/// <summary>The host's own arguments: <c>[--crash-at POINT --crash-after N] [--lie] -- ARGUMENTS OF GATEWAY</c>.</summary>
/// <param name="CrashAt">The point at which the process ends; null: it lives.</param>
/// <param name="CrashAfter">At which occurrence of it, counted from the order to arm; 1 is the first.</param>
/// <param name="Lies">Run the build that says 250 too early.</param>
/// <param name="Gateway">What the program itself is given.</param>
internal sealed record HostArguments(string? CrashAt, int CrashAfter, bool Lies, IReadOnlyList<string> Gateway)
{
    public static HostArguments Parse(string[] args)
    {
        var parsed = new HostArguments(null, 1, false, []);
        for (var index = 0; index < args.Length; index++)
        {
            switch (args[index])
            {
                case "--crash-at":
                    parsed = parsed with { CrashAt = args[++index] };
                    break;
                case "--crash-after":
                    parsed = parsed with { CrashAfter = int.Parse(args[++index], CultureInfo.InvariantCulture) };
                    break;
                case "--lie":
                    parsed = parsed with { Lies = true };
                    break;
                case "--":
                    return parsed with { Gateway = args[(index + 1)..] };
                default:
                    throw new ArgumentException($"{args[index]} is not an argument of the crash host");
            }
        }

        throw new ArgumentException("-- and the gateway's own arguments are missing");
    }

    /// <summary>The value of one of the gateway's options.</summary>
    public static string ValueOf(IReadOnlyList<string> gateway, string option) =>
        gateway.SkipWhile(argument => argument != option).Skip(1).FirstOrDefault() ?? throw new ArgumentException($"{option} is needed");
}
