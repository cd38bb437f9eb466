using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>A server on loopback that answers as it is told, line by line, and no better.</summary>
/// <remarks>
/// A script is a list of "COMMAND>REPLY": REPLY is sent when a line that begins with COMMAND comes ("" is the connection itself, "." the end of a message); " / "
/// separates lines. "close" closes, "silence" says nothing more, "garbage" breaks the handshake that was just agreed to. What the script does not have is answered as a good server would.
/// </remarks>
internal sealed class SmtpStandIn : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Good = new(StringComparer.Ordinal)
    {
        [""] = "220 mx.in.example.com ESMTP",
        ["EHLO"] = "250-mx.in.example.com / 250-SIZE 1000000 / 250 STARTTLS",
        ["STARTTLS"] = "220 2.0.0 Ready",
        ["MAIL"] = "250 2.1.0 Sender OK",
        ["RCPT"] = "250 2.1.5 Recipient OK",
        ["DATA"] = "354 Go on",
        ["."] = "250 2.6.0 Accepted",
        ["QUIT"] = "221 2.0.0 Bye",
    };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate = CreateCertificate();
    private readonly Queue<Dictionary<string, string>> _scripts;
    private readonly Task _served;

    /// <param name="scripts">Of the first connection, the second, and so on; the last one stays. Rules of one are separated by ";".</param>
    public SmtpStandIn(params string[] scripts)
    {
        _scripts = new(scripts.Select(script => script.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(rule => rule.Split('>', 2)).ToDictionary(rule => rule[0], rule => rule[1], StringComparer.Ordinal)));
        _listener.Start();
        _served = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The name in the client's hello of TLS; null before one came.</summary>
    public string? ServerName { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _served;
        _listener.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                sessions.Add(SpeakAsync(await _listener.AcceptTcpClientAsync(_stop.Token), _scripts.Count > 1 ? _scripts.Dequeue() : _scripts.Peek()));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task SpeakAsync(TcpClient client, Dictionary<string, string> script)
    {
        using var held = client;
        try
        {
            await TalkAsync(client.GetStream(), script, "");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or the test has.
        }
    }

    private async Task TalkAsync(Stream stream, Dictionary<string, string> script, string first)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        for (var command = first; command is not null; command = await HearAsync(reader))
        {
            var reply = script.GetValueOrDefault(command) ?? Good.GetValueOrDefault(command) ?? "502 5.5.1 Not known";
            if (reply == "close")
            {
                return;
            }

            await SayAsync(stream, reply == "garbage" ? Good[command] : reply);
            if (reply == "garbage")
            {
                await SayAsync(stream, "this is no handshake");
                return;
            }

            if (command == "STARTTLS" && reply.StartsWith('2'))
            {
                await using var secure = new SslStream(stream, leaveInnerStreamOpen: true);
                await secure.AuthenticateAsServerAsync((_, hello, _, _) => Offer(hello), null, _stop.Token);
                await TalkAsync(secure, Within(script), await HearAsync(new StreamReader(secure)) ?? "QUIT");
                return;
            }

            if (command == "DATA" && reply.StartsWith('3'))
            {
                while (await reader.ReadLineAsync(_stop.Token) is { } line && line != ".")
                {
                }

                await SayAsync(stream, script.GetValueOrDefault(".") ?? Good["."]);
            }
        }
    }

    // What a script says of EHLO is of the one in plain text.
    private static Dictionary<string, string> Within(Dictionary<string, string> script) => new(script, StringComparer.Ordinal) { ["EHLO"] = script.GetValueOrDefault("TLS EHLO", "250 mx.in.example.com") };

    private ValueTask<SslServerAuthenticationOptions> Offer(SslClientHelloInfo hello)
    {
        ServerName = hello.ServerName;
        return new(new SslServerAuthenticationOptions { ServerCertificate = _certificate });
    }

    private async Task<string?> HearAsync(StreamReader reader) => (await reader.ReadLineAsync(_stop.Token))?.Split(' ', ':')[0].ToUpperInvariant();

    private async Task SayAsync(Stream stream, string reply)
    {
        if (reply == "silence")
        {
            await Task.Delay(Timeout.Infinite, _stop.Token); // to be silent is what the script says; it ends with the stand-in
        }

        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(reply.Replace(" / ", "\r\n", StringComparison.Ordinal) + "\r\n"), _stop.Token);
        await stream.FlushAsync(_stop.Token);
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=stand-in.invalid", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
