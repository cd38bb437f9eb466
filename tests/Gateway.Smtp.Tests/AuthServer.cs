using System.Net;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Users;

namespace Gateway.Smtp.Tests;

/// <summary>A server where users submit mail: over TLS from the first octet, or by STARTTLS, which is not said.</summary>
internal sealed class AuthServer : IAsyncDisposable
{
    private readonly TestServer _server;
    private readonly bool _withTls;
    private Task _draining = Task.CompletedTask;

    private AuthServer(TestServer server, bool withTls) => (_server, _withTls) = (server, withTls);

    /// <summary>app-1 with "pencil", and app-2 with a password of UTF-8, both at the least cost.</summary>
    public static GatewayConfiguration Users { get; } = WithUsers(TestServer.Live().Required);

    public IPEndPoint Endpoint => _server.Endpoint;

    public SmtpServer Server => _server.Server;

    /// <param name="configure">Changes the options; a wrong password is answered at once unless it says otherwise.</param>
    /// <param name="clock">Null: the system's.</param>
    /// <param name="withTls">False: clients talk in plain text.</param>
    /// <param name="configuration">Null: <see cref="Users"/>.</param>
    public static async Task<AuthServer> StartAsync(
        Action<SmtpOptions>? configure = null, TimeProvider? clock = null, bool withTls = true, LiveConfiguration? configuration = null)
    {
        var live = configuration ?? new();
        if (configuration is null)
        {
            live.Replace(Users);
        }

        var server = await TestServer.StartAsync(
            options =>
            {
                options.AuthFailureDelay = TimeSpan.Zero;
                configure?.Invoke(options);
            },
            admission: new ConfigurationAdmission(TestServer.Live()), // also while nobody can be known
            clock: clock,
            configuration: live,
            listeners: [new(withTls ? ListenerKind.Submissions : ListenerKind.Submission, new(IPAddress.Loopback, 0))]);
        return new(server, withTls);
    }

    /// <summary>After the greeting and EHLO.</summary>
    public async Task<TestClient> ConnectAsync()
    {
        var client = await TestClient.ConnectAsync(Endpoint);
        Assert.True(!_withTls || await client.HandshakeAsync());
        await client.GreetAsync();
        return client;
    }

    /// <summary>As whom the server takes mail of this client: by the event of a message that it sends. "nobody": it takes none.</summary>
    public async Task<string?> WhoAsync(TestClient client)
    {
        if (await client.AskAsync("MAIL FROM:<a@client.example>") == "530 5.7.0 Authentication required")
        {
            return "nobody";
        }

        Assert.StartsWith("250 ", await client.AskAsync("RCPT TO:<user@example.net>"), StringComparison.Ordinal);
        Assert.StartsWith("354 ", await client.AskAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("."), StringComparison.Ordinal);
        return _server.Intake.Committed.Last().Event.Client.User;
    }

    public void Drain() => _draining = Server.DrainAsync(TimeSpan.FromSeconds(30));

    private static GatewayConfiguration WithUsers(GatewayConfiguration configuration) => new(configuration.Domains, configuration.Endpoints, configuration.Routes)
    {
        Access = configuration.Access,
        Users = [new("app-1", ScramVerifier.Create("pencil"u8, 4_096)), new("app-2", ScramVerifier.Create("r\u00e4tsel"u8, 4_096))],
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _draining;
    }
}
