using System.CommandLine;
using System.Net;
using Gateway.Local;
using Gateway.Server.Console;
using Gateway.Server.Hosting;
using Gateway.Server.Receiver;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Gateway.Server.Commands;

/// <summary><c>gateway dev</c>: the whole gateway on this machine, with nothing to set up.</summary>
internal static class DevCommand
{
    /// <summary>How long a stop waits for messages and requests that are under way.</summary>
    private static readonly TimeSpan HardStop = TimeSpan.FromSeconds(30);

    private static readonly Option<IPEndPoint> Smtp =
        EndpointArgument.Option("--smtp", new(IPAddress.Loopback, 1025), "Where mail is taken.");

    private static readonly Option<IPEndPoint> Http =
        EndpointArgument.Option("--http", new(IPAddress.Loopback, 8025), "Where links, health probes and the built-in receiver are served.");

    private static readonly Option<string> Data =
        new("--data") { Description = "Directory in which mail and queues are kept.", HelpName = "DIR", DefaultValueFactory = _ => ".gateway" };

    private static readonly Option<string?> Config =
        new("--config") { Description = "Configuration document; without one, every recipient of every domain is taken.", HelpName = "FILE" };

    private static readonly Option<string?> Webhook =
        new("--webhook") { Description = "Where webhooks go; without it, to a built-in receiver that shows them.", HelpName = "URL" };

    private static readonly Option<string?> Secret =
        new("--secret") { Description = "Signing secret (whsec_ and base64); without it, one is made, kept in the data directory and shown.", HelpName = "SECRET" };

    private static readonly Option<TimeSpan> Retention =
        DurationArgument.Option("--retention", TimeSpan.FromDays(7), TimeSpan.FromDays(3650), "How long delivered mail is kept.");

    private static readonly Option<LogLevel> Level =
        new("--log-level") { Description = "Least level of log lines on standard error.", DefaultValueFactory = _ => LogLevel.Warning };

    public static Command Build()
    {
        var command = new Command("dev", "Run the whole gateway on this machine.") { Smtp, Http, Data, Config, Webhook, Secret, Retention, Level };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var arguments = DevArguments.Check(
            parsed.GetValue(Smtp)!, parsed.GetValue(Http)!, parsed.GetValue(Config), parsed.GetValue(Webhook), parsed.GetValue(Secret));
        var data = parsed.GetValue(Data)!;
        var console = Terminal.Lines(parsed.InvocationConfiguration.Output);
        using var signals = new Signals();

        var setup = DevSetup.Prepare(arguments, data);
        var story = new Story(console, TimeProvider.System);
        LocalGateway? gateway = null;
        await using var started = gateway = await LocalGateway.StartAsync(
            new()
            {
                DataDirectory = data,
                ConfigurationPath = setup.ConfigurationPath,
                SmtpEndpoint = arguments.Smtp,
                HttpEndpoint = arguments.Http,
                Retention = new() { Retention = parsed.GetValue(Retention) },
                ConfigureLogging = logging => logging.AddConsoleLogs(parsed.GetValue(Level)),
                ConfigureServices = services => services.AddTelemetry(),
                ConfigureHttp = routes => Map(routes, setup, console, () => gateway),
            },
            signals.Stop);
        gateway.Activity.Happened += story.Tell;
        setup.HttpStarted(gateway.HttpUrl);
        Banner.Show(console, gateway, setup);

        await signals.WaitAsync();
        console.WriteLine("Stopping: no new connections; what is under way is finished.");
        await gateway.StopAsync(HardStop);
        return ExitCode.Ok;
    }

    private static void Map(IEndpointRouteBuilder routes, DevSetup setup, IAnsiConsole console, Func<LocalGateway?> gateway)
    {
        routes.MapHealth(gateway);
        if (setup.BuiltInReceiver is { } secret)
        {
            var printer = new WebhookPrinter(console);
            var receiver = new WebhookReceiver(new([secret], null, TimeSpan.Zero), printer.Show, TimeProvider.System);
            routes.MapPost(DevSetup.ReceiverPath, receiver.ReceiveAsync);
        }
    }
}
