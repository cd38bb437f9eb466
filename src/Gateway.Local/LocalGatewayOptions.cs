using System.Net;
using Gateway.Local.Pump;
using Gateway.Local.Storage;
using Gateway.Smtp;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Local;

/// <summary>What a gateway on one machine needs to know.</summary>
public sealed record LocalGatewayOptions
{
    /// <summary>Where its state is kept; made when it is not there. One gateway at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The configuration document, looked at again each second.</summary>
    public required string ConfigurationPath { get; init; }

    /// <summary>Where mail is taken; one of them is for other servers (Mx).</summary>
    public IReadOnlyList<SmtpListener> SmtpListeners { get; init; } = [new(ListenerKind.Mx, new(IPAddress.Loopback, 1025))];

    /// <summary>Where links are served; port 0 takes a free one.</summary>
    public IPEndPoint HttpEndpoint { get; init; } = new(IPAddress.Loopback, 8025);

    /// <summary>How receivers of webhooks reach the HTTP endpoint, for links; null: by its address.</summary>
    public Uri? PublicUrl { get; init; }

    public SmtpOptions Smtp { get; init; } = new() { Hostname = "gateway.localhost" };

    public ClientIpOptions ClientIp { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();

    public RetentionOptions Retention { get; init; } = new();

    public PumpOptions Pump { get; init; } = new();

    /// <summary>Every wait and every time stamp goes by it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where logs go; null: nowhere.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }

    /// <summary>Adds to, or replaces, what the gateway is made of, after its own registrations; null: nothing.</summary>
    public Action<IServiceCollection>? ConfigureServices { get; init; }

    /// <summary>Called once, when HTTP is served and before the configuration is read, with where that is; null: nothing.</summary>
    public Action<DataDirectory, Uri>? HttpStarted { get; init; }

    /// <summary>More routes on the HTTP endpoint; null: only the links.</summary>
    public Action<IEndpointRouteBuilder>? ConfigureHttp { get; init; }
}
