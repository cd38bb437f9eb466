using System.CommandLine;
using Gateway.Azure;
using Gateway.Local;
using Gateway.Server.Console;
using Gateway.Server.Hosting;
using Gateway.Server.Receiver;
using Gateway.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Gateway.Server.Commands;

/// <summary><c>gateway dev</c>: the whole gateway on this machine, with nothing to set up.</summary>
internal static class DevCommand
{
    /// <summary>RFC 6761 section 6.3: whatever ends in "localhost" is this machine.</summary>
    private const string Hostname = "gateway.localhost";

    private static readonly Option<string?> Data = DataDirectoryOption.Build();

    private static readonly Option<Duration> Retention =
        DurationArgument.Option("--retention", "7d", "1d", "3650d", "How long delivered mail is kept.");

    private static readonly Option<LogLevel> Level = LevelArgument.Option();

    public static Command Build()
    {
        var command = new Command("dev", "Run the whole gateway on this machine.")
        {
            DevArguments.SmtpOption,
            DevArguments.HttpOption,
            DevArguments.PublicUrlOption,
            Data,
            DevArguments.ConfigOption,
            DevArguments.WebhookOption,
            DevArguments.SecretOption,
            Retention,
            Level,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var arguments = DevArguments.Of(parsed);
        var data = parsed.GetValue(Data)!;
        var console = Terminal.Lines(parsed.InvocationConfiguration.Output);
        using var signals = new Signals();
        try
        {
            await RunAsync(parsed, arguments, data, console, signals);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // Told to stop while it was starting.
        }

        return ExitCode.Ok;
    }

    private static async Task RunAsync(ParseResult parsed, DevArguments arguments, string data, IAnsiConsole console, Signals signals)
    {
        var settings = new Settings(Environment.GetEnvironmentVariables());
        var smtp = settings.ReadSmtp(Hostname);
        settings.ThrowIfWrong();
        var setup = DevSetup.Prepare(arguments, data);
        var story = new Story(console, TimeProvider.System);
        LocalGateway? gateway = null;
        await using var started = gateway = await LocalGateway.StartAsync(
            new()
            {
                HttpStarted = setup.HttpStarted,
                DataDirectory = data,
                ConfigurationPath = setup.ConfigurationPath,
                SmtpListeners = [new(ListenerKind.Mx, arguments.Smtp)],
                HttpEndpoint = arguments.Http,
                PublicUrl = arguments.PublicUrl,
                Smtp = smtp,
                Retention = new() { Retention = parsed.GetValue(Retention)!.Time },
                ConfigureLogging = logging => logging.AddConsoleLogs(parsed.GetValue(Level)),
                ConfigureServices = services => services.AddTelemetry(credential: null),
                ConfigureHttp = routes => Map(routes, setup, console, () => gateway),
            },
            signals.Stop);
        gateway.Activity.Happened += story.Tell;
        Banner.Show(console, gateway, setup);

        await signals.WaitAsync();
        var stopped = gateway.StopAsync(smtp.ShutdownTimeout); // begun before it is said: probes must not be behind
        console.WriteLine("Stopping: no new connections; what is under way is finished.");
        await stopped;
    }

    private static void Map(IEndpointRouteBuilder routes, DevSetup setup, IAnsiConsole console, Func<LocalGateway?> gateway)
    {
        routes.MapHealth(() => gateway() is { } started ? started.NotReadyReasonsAsync : null);
        if (setup.BuiltInReceiver is { } secret)
        {
            var printer = new WebhookPrinter(console);
            var receiver = new WebhookReceiver(new([secret], null, TimeSpan.Zero), printer.Show, TimeProvider.System);
            routes.MapPost(DevSetup.ReceiverPath, receiver.ReceiveAsync);
        }
    }
}
