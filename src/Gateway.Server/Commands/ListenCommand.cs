using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Gateway.Local;
using Gateway.Pipeline.Delivery;
using Gateway.Server.Console;
using Gateway.Server.Hosting;
using Gateway.Server.Receiver;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Gateway.Server.Commands;

/// <summary><c>gateway listen</c>: a receiver of webhooks that verifies and prints them, and misbehaves when asked to.</summary>
internal static class ListenCommand
{
    private static readonly Option<IPEndPoint> Http = EndpointArgument.Option("--http", new(IPAddress.Loopback, 8026), "Where webhooks are taken, on any path.");

    private static readonly Option<string?> Secret = SecretOption();

    private static readonly Option<PlannedFailure?> Fail = new("--fail")
    {
        Description = "Answer this status instead of 200: always, or the first TIMES requests of each delivery.",
        HelpName = "STATUS[:TIMES]",
        CustomParser = result =>
        {
            if (PlannedFailure.Parse(result.Tokens.Count == 1 ? result.Tokens[0].Value : "") is { } fail)
            {
                return fail;
            }

            result.AddError("--fail must be a status from 200 to 599, and how often if not always: 503 or 503:2");
            return null;
        },
    };

    private static readonly Option<Duration> Delay =
        DurationArgument.Option("--delay", "0s", "0s", "1h", "Wait before each answer.");

    /// <summary>Long enough for an answer on its way; one that is delayed on purpose is not waited for.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    public static Command Build()
    {
        var command = new Command("listen", "Receive webhooks, verify them and print them.") { Http, Secret, Fail, Delay };
        command.SetAction(RunAsync);
        return command;
    }

    private static Option<string?> SecretOption()
    {
        var option = TextArgument.Option("--secret", "SECRET", "The signing secret (whsec_ and base64), as gateway dev shows it.", DevArguments.SecretFormProblems);
        option.Required = true;
        return option;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var secret = WebhookSecret.Parse(parsed.GetValue(Secret)!);
        var console = Terminal.Lines(parsed.InvocationConfiguration.Output);
        var receiver = new WebhookReceiver(
            new([secret], parsed.GetValue(Fail), parsed.GetValue(Delay)!.Time), new WebhookPrinter(console).Show, TimeProvider.System);
        using var signals = new Signals();
        await using var app = Build(parsed.GetValue(Http)!, receiver);
        await StartAsync(app, parsed.GetValue(Http)!);

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        console.WriteLine($"gateway {ProgramVersion.Text} receives webhooks at {address}");
        await signals.WaitAsync();
        using var limit = new CancellationTokenSource(StopTimeout);
        await app.StopAsync(limit.Token);
        return ExitCode.Ok;
    }

    private static WebApplication Build(IPEndPoint endpoint, WebhookReceiver receiver)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(endpoint));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/{**path}", receiver.ReceiveAsync);
        return app;
    }

    private static async Task StartAsync(WebApplication app, IPEndPoint endpoint)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new StartupException(StartupFault.HttpEndpoint, $"HTTP cannot listen on {endpoint}: {(e.GetBaseException().Message).TrimEnd('.').ToLowerInvariant()}", e);
        }
    }
}
