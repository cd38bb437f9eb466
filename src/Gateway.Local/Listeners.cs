using System.Net;
using System.Net.Sockets;
using Gateway.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Local;

/// <summary>Starts the two listeners of a gateway; a port that cannot be had is a sentence for who started it.</summary>
public static class Listeners
{
    /// <summary>Where HTTP is served then: with port 0 the port is known only now.</summary>
    /// <exception cref="StartupException">It cannot listen there.</exception>
    public static async Task<Uri> StartHttpAsync(WebApplication app, IPEndPoint endpoint, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new StartupException(StartupFault.HttpEndpoint, $"HTTP cannot listen on {endpoint}: {Reason(e)}", e);
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        return new(addresses!.Addresses.First());
    }

    /// <exception cref="StartupException">It cannot listen there.</exception>
    public static async Task StartSmtpAsync(SmtpServer smtp, IPEndPoint endpoint)
    {
        try
        {
            await smtp.StartAsync(endpoint);
        }
        catch (SocketException e)
        {
            throw new StartupException(StartupFault.SmtpEndpoint, $"SMTP cannot listen on {endpoint}: {Reason(e)}", e);
        }
    }

    /// <summary>The root of it as the end of a sentence.</summary>
    public static string Reason(Exception e) => e.GetBaseException().Message.Split('\n')[0].TrimEnd('.', '\r').ToLowerInvariant();
}
