using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Gateway.Local;
using Gateway.Server.Commands;

namespace Gateway.Server;

/// <summary>The command line: which commands there are, and how a mistake or a failed start is told.</summary>
internal static class GatewayCommand
{
    /// <summary>Runs one command to its end.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var parsed = Root().Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var mistake in Mistakes.Of(parsed))
            {
                await error.WriteLineAsync($"gateway: {mistake}");
            }

            await error.WriteLineAsync($"Try 'gateway {CommandPath(parsed)}--help'.");
            return ExitCode.Usage;
        }

        try
        {
            // Signals are the commands' own: a drain takes as long as the message in flight needs.
            return await parsed.InvokeAsync(new()
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (StartupException e)
        {
            await error.WriteLineAsync($"gateway: {e.Message}");
            return e.Fault == StartupFault.Configuration ? ExitCode.Configuration : ExitCode.CannotStart;
        }
        catch (UsageException e)
        {
            await error.WriteLineAsync($"gateway: {e.Message}");
            return ExitCode.Usage;
        }
    }

    private static RootCommand Root() => new("Inbound mail gateway: mail for your domains comes in by SMTP and goes out as signed webhooks. To begin: gateway dev")
    {
        DevCommand.Build(),
        ServeCommand.Build(),
        SendCommand.Build(),
        ListenCommand.Build(),
        RoutesCommand.Build(),
        EndpointsCommand.Build(),
        UsersCommand.Build(),
        HealthCommand.Build(),
    };

    /// <summary>"", "dev " or "routes check ".</summary>
    private static string CommandPath(ParseResult parsed)
    {
        var path = "";
        for (var result = parsed.CommandResult; result?.Command is { } command and not RootCommand; result = result.Parent as CommandResult)
        {
            path = $"{command.Name} {path}";
        }

        return path;
    }
}
