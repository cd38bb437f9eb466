using Gateway.Server.Serving;

namespace Gateway.Server.Hosting;

/// <summary>How .NET runs what follows a finished socket operation on Linux.</summary>
internal static class SocketCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Where they arrive, which halves the cost of a message, unless the SDKs of Azure are used: they were not written for it, and a stage that
    /// reads a big message from a blob waits on the very thread that the next octets would come in by. Read when the first socket is used,
    /// so this comes first; a value that somebody set stays.
    /// </summary>
    /// <param name="arguments">Of the program.</param>
    public static void Choose(IReadOnlyList<string> arguments)
    {
        if (Environment.GetEnvironmentVariable(Variable) is null && !(arguments is ["serve", ..] && ServeSettings.NamesAzure(Environment.GetEnvironmentVariables())))
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
