using System.CommandLine;
using System.CommandLine.Invocation;
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
            foreach (var mistake in parsed.Errors)
            {
                await error.WriteLineAsync($"gateway: {mistake.Message}");
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

    private static RootCommand Root() => new("Inbound mail gateway: mail for your domains comes in by SMTP and goes out as signed webhooks.")
    {
        DevCommand.Build(),
        SendCommand.Build(),
        ListenCommand.Build(),
        RoutesCommand.Build(),
    };

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
}
