using System.Net;
using System.Net.Sockets;
using Gateway.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Local;

/// <summary>Starts the listeners of a gateway; a port that cannot be had is a sentence for who started it.</summary>
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
    public static void StartSmtp(SmtpServer smtp, IReadOnlyList<SmtpListener> listeners)
    {
        try
        {
            smtp.Start(listeners);
        }
        catch (ListenException e)
        {
            throw new StartupException(StartupFault.SmtpEndpoint, $"SMTP cannot listen on {e.Listener.Endpoint}: {Reason(e)}", e);
        }
    }

    /// <summary>Where servers of others bring mail: the first such listener of a server that has one.</summary>
    public static IPEndPoint MxOf(SmtpServer smtp) => smtp.Listeners.First(listener => listener.Kind == ListenerKind.Mx).Endpoint;

    /// <summary>The root of it as the end of a sentence.</summary>
    public static string Reason(Exception e) => e.GetBaseException().Message.Split('\n')[0].TrimEnd('.', '\r').ToLowerInvariant();
}
