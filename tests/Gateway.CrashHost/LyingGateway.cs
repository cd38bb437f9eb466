using System.Net;
using Gateway.Core.Ports;
using Gateway.Local;
using Gateway.Local.Storage;
using Gateway.Smtp;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.CrashHost;

/// <summary>The gateway on <see cref="LyingIntake"/>: the command has no place to put it, and must not have one.</summary>
internal static class LyingGateway
{
    /// <summary>Runs until the process ends; says where it listens as <c>gateway dev</c> does.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> gateway)
    {
        await using var running = await LocalGateway.StartAsync(
            new()
            {
                DataDirectory = HostArguments.ValueOf(gateway, "--data"),
                ConfigurationPath = HostArguments.ValueOf(gateway, "--config"),
                SmtpListeners = [new(ListenerKind.Mx, IPEndPoint.Parse(HostArguments.ValueOf(gateway, "--smtp")))],
                HttpEndpoint = IPEndPoint.Parse(HostArguments.ValueOf(gateway, "--http")),
                ConfigureServices = services => services
                    .AddSingleton<SqliteIntake>()
                    .AddSingleton<IIntake>(provider => new LyingIntake(provider.GetRequiredService<SqliteIntake>())),
            },
            CancellationToken.None);
        Console.WriteLine($"  SMTP      {running.SmtpEndpoint}");
        Console.WriteLine($"  HTTP      {running.HttpUrl}");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
