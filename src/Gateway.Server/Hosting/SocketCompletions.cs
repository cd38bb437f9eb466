namespace Gateway.Server.Hosting;

/// <summary>How .NET runs what follows a finished socket operation on Linux.</summary>
internal static class SocketCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Read when the first socket is used, so this comes first; a value that somebody set stays.</summary>
    public static void RunInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
