using System.CommandLine;
using System.Net;
using Gateway.Server.Console;
using Gateway.Server.Hosting;
using Gateway.Server.Serving;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Commands;

/// <summary><c>gateway serve</c>: mail for real, into Azure or into a local store, whichever the environment says.</summary>
internal static class ServeCommand
{
    private static readonly Option<IPEndPoint> Smtp = EndpointArgument.Option("--smtp", new(IPAddress.Any, 2525), "Where mail is taken from other servers.");

    private static readonly Option<IPEndPoint> Http =
        EndpointArgument.Option("--http", new(IPAddress.Any, 8080), "Where health probes are served, and links when the store is local.");

    private static readonly Option<string?> Config = TextArgument.Option(
        "--config", "FILE", "Configuration document; without one, the blob gateway.json in the container config.", TextArgument.Path);

    private static readonly Option<string?> Data = DataDirectoryOption.Build();

    private static readonly Option<string?> PublicUrl = TextArgument.Option(
        "--public-url", "URL", "How receivers reach --http, for the links in webhooks; required when the store is local.", (_, text) => TextArgument.UrlProblems(text));

    private static readonly Option<Duration> Retention =
        DurationArgument.Option("--retention", "7d", "1d", "3650d", "How long delivered mail is kept when the store is local.");

    private static readonly Option<LogLevel> Level = LevelArgument.Option(LogLevel.Information);

    public static Command Build()
    {
        var command = new Command("serve", "Take mail for real: into Azure when the environment names a storage account and a Service Bus, else into a local store. Settings are in the README.")
        {
            Smtp,
            Http,
            Config,
            Data,
            PublicUrl,
            Retention,
            Level,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var settings = ServeSettings.Read(Environment.GetEnvironmentVariables());
        var problems = (settings.Azure is null ? LocalProblems(parsed) : AzureProblems(parsed, settings.Azure)).ToList();
        if (IsGiven(parsed, Smtp) && settings.Listeners.Mx is not null)
        {
            problems.Add("--smtp and GATEWAY_Listeners__Mx do not go together");
        }

        if (problems.Count > 0)
        {
            throw new UsageException(string.Join($"{Environment.NewLine}gateway: ", problems));
        }

        var console = Terminal.Lines(parsed.InvocationConfiguration.Output);
        using var signals = new Signals();
        try
        {
            await (settings.Azure is null
                ? LocalServing.RunAsync(ToLocal(parsed, settings), settings, console, signals)
                : AzureServing.RunAsync(ToListening(parsed, settings), settings, console, signals));
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // Told to stop while it was starting.
        }

        return ExitCode.Ok;
    }

    private static IEnumerable<string> LocalProblems(ParseResult parsed)
    {
        if (!IsGiven(parsed, Config))
        {
            yield return "--config FILE is required when the store is local; for Azure set GATEWAY_Storage__* and GATEWAY_Bus__*";
        }

        if (!IsGiven(parsed, PublicUrl))
        {
            yield return "--public-url URL is required when the store is local";
        }
    }

    private static IEnumerable<string> AzureProblems(ParseResult parsed, AzureSettings azure)
    {
        foreach (var option in ((Option[])[Data, PublicUrl, Retention]).Where(option => IsGiven(parsed, option)))
        {
            yield return $"{option.Name} is for the local store, and the environment names a storage account";
        }

        if (IsGiven(parsed, Config) && azure.Configuration.Blob is not null)
        {
            yield return "--config and GATEWAY_Configuration__Blob do not go together";
        }
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static Listening ToListening(ParseResult parsed, ServeSettings settings) =>
        new(settings.Listeners.ToListeners(parsed.GetValue(Smtp)!), parsed.GetValue(Http)!, parsed.GetValue(Config), parsed.GetValue(Level));

    private static LocalPlace ToLocal(ParseResult parsed, ServeSettings settings) =>
        new(ToListening(parsed, settings), parsed.GetValue(Data)!, new Uri(parsed.GetValue(PublicUrl)!), parsed.GetValue(Retention)!.Time);
}
