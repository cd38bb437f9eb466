using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Tests;

/// <summary>What web servers of tests have in common.</summary>
internal static class LoopbackServer
{
    /// <summary>For a server on a free port of the loopback address, which logs nothing and leaves signals to the program that it is part of.</summary>
    /// <param name="listen">How that port speaks; null: HTTP/1.1 and HTTP/2 in plain text, as by default.</param>
    public static WebApplicationBuilder CreateBuilder(Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen ?? (_ => { })));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        return builder;
    }

    /// <summary>
    /// The usual lifetime catches SIGINT, SIGQUIT and SIGTERM, and then waits for somebody to stop the server: a test run would not end on Ctrl+C.
    /// </summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
