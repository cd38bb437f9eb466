using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Plays one script against a server, and holds each reply against the account.</summary>
/// <param name="script">What to do.</param>
/// <param name="site">Where.</param>
/// <param name="patience">How long a reply that is due, or the end, is waited for: longer is never.</param>
internal sealed class ScriptClient(Script script, FuzzSite site, TimeSpan patience) : IAsyncDisposable
{
    /// <summary>More pieces than that show nothing more, and take time.</summary>
    private const int MostPieces = 300;

    private static readonly SearchValues<char> LineEnd = SearchValues.Create("\r\n");

    private readonly CancellationTokenSource _patience = new(patience);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _octets = new byte[4096];
    private readonly StringBuilder _received = new();
    private readonly List<string> _lines = [];
    private Stream _stream = Stream.Null;
    private int _lastOctets; // of the last step
    private bool _dependsOnCuts;
    private bool _hasEnded; // nothing more can come

    public Account Account { get; } = new(site.Rules, script.Listener);

    /// <summary>The client heard all that was said to it: until the server closed, and not only until itself did.</summary>
    public bool HasHeardAll { get; private set; }

    public int Handshakes { get; private set; }

    /// <summary>It may come out otherwise the next time, when the same octets come in other segments.</summary>
    public bool DependsOnCuts => Account.DependsOnCuts || _dependsOnCuts;

    /// <exception cref="ViolationException">Something does not hold.</exception>
    public async Task PlayAsync()
    {
        if (site.IsDraining)
        {
            return;
        }

        try
        {
            await ConnectAsync();
            foreach (var step in script.Steps)
            {
                if (!await DoAsync(step))
                {
                    return;
                }
            }

            await EndAsync();
        }
        catch (SocketException) when (site.Rules.MayVanish)
        {
            HasHeardAll = true; // nobody listens any more
        }
        catch (OperationCanceledException) when (_patience.IsCancellationRequested)
        {
            throw new ViolationException(
                Invariant.End,
                $"the server does not {(Account.Due is { } due ? $"reply to {due.Kind} {due.Line}" : "close")}; {_socket.LocalEndPoint} to {_socket.RemoteEndPoint}, {Account.Replies.Count} replies so far");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
        _patience.Dispose();
    }

    private async Task ConnectAsync()
    {
        await _socket.ConnectAsync(site.EndpointOf(script.Listener), _patience.Token);
        _stream = new NetworkStream(_socket);
        if (!script.IsEager)
        {
            await SettleAsync();
        }
    }

    /// <returns>False: that was the last one.</returns>
    private async Task<bool> DoAsync(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Tls:
                return await SecureAsync(step.Octets.ToArray()) && !Account.IsOver;
            case StepKind.Scram:
                await SettleAsync();
                await SendAsync(Account.Challenge is { } challenge ? Prove(step.Octets.ToArray(), Encoding.ASCII.GetString(challenge)) : step.Octets.ToArray());
                break;
            case StepKind.Pause:
                await PauseAsync();
                break;
            case StepKind.Close:
                _socket.LingerState = new(true, 0);
                return false;
            default:
                await SendAsync(step.Octets.ToArray());
                break;
        }

        if (step.Waits)
        {
            await SettleAsync();
        }

        return true;
    }

    private Task SendAsync(byte[] octets)
    {
        Account.Sent(octets);
        return WriteAsync(octets);
    }

    private async Task WriteAsync(byte[] octets)
    {
        _lastOctets = octets.Length;
        try
        {
            var length = Math.Max(script.OctetsPerWrite, octets.Length / MostPieces);
            for (var at = 0; at < octets.Length; at += length)
            {
                await _stream.WriteAsync(octets.AsMemory(at, Math.Min(length, octets.Length - at)), _patience.Token);
            }
        }
        catch (IOException)
        {
            // It has closed: what it said before that is still read.
        }
    }

    /// <summary>Reads until no reply is due.</summary>
    private async Task SettleAsync()
    {
        while (Account is { IsOver: false, Due: not null } && await ReadReplyAsync())
        {
        }
    }

    private async Task PauseAsync()
    {
        while (site.Kind == SiteKind.Hasty && !Account.IsOver && await ReadReplyAsync())
        {
        }
    }

    /// <summary>Says that nothing more is sent, and reads to the end.</summary>
    private async Task EndAsync()
    {
        if (site.Rules.MayTurnAway)
        {
            await SettleAsync(); // who goes before the greeting is not greeted
        }

        try
        {
            if (_stream is SslStream tls)
            {
                await tls.ShutdownAsync();
            }

            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // It has closed.
        }

        while (await ReadReplyAsync())
        {
        }

        HasHeardAll = true;
        if (!Account.IsOver && Account.Due is { } due && !(site.Rules.MayVanish && Account.Replies.Count == 0))
        {
            throw new ViolationException(Invariant.Account, $"the server closed and owes a reply to {due.Kind} {due.Line}");
        }
    }

    private async Task<bool> SecureAsync(byte[] octets)
    {
        await SettleAsync();
        var before = Account.AwaitsHeader && script.Listener == ListenerKind.Submissions ? octets : [];
        Account.Sent(before);
        if (!Account.IsReadyForTls)
        {
            Account.Sent(octets.AsSpan(before.Length));
            await WriteAsync(octets);
            return true;
        }

        _dependsOnCuts |= !IsPlainTextThere;
#pragma warning disable CA5359 // the tests' own certificate
        var tls = new SslStream(new GluedStream(before, _stream), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.net" }, _patience.Token);
            Account.Secured();
            Handshakes++;
            _stream = tls;
            await SettleAsync();
            return true;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            await tls.DisposeAsync();
            return !site.Kind.IsSteady || site.Rules.MayVanish || !IsPlainTextThere ? false : throw new ViolationException(Invariant.End, $"the handshake fails: {e.Message}");
        }
    }

    /// <summary>
    /// All that came before the handshake has come to the server with STARTTLS, and is thrown away there. What is on its way may come later, and is then taken for the client's first word of TLS.
    /// </summary>
    private bool IsPlainTextThere => Account.UnansweredOctets == 0 || (script.OctetsPerWrite == int.MaxValue && Account.UnansweredOctets < _lastOctets);

    private static byte[] Prove(byte[] password, string challenge)
    {
        try
        {
            var (final, _) = SaslScramTests.Answer(Encoding.UTF8.GetString(password), LoginGrammar.FirstOf(challenge), challenge);
            return Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes(final)) + "\r\n");
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException or ArgumentException)
        {
            return "*\r\n"u8.ToArray(); // another mechanism's challenge, or one to follow the last
        }
    }

    /// <returns>False: there is no more.</returns>
    private async Task<bool> ReadReplyAsync()
    {
        do
        {
            if (await ReadLineAsync() is not { } line)
            {
                return _lines.Count == 0 ? false : throw new ViolationException(Invariant.Form, $"a reply ends with \"{_lines[^1]}\"");
            }

            _lines.Add(line);
        }
        while (_lines[^1].Length > 3 && _lines[^1][3] == '-');
        var reply = ServerReply.Of([.. _lines]);
        _lines.Clear();
        Account.Replied(reply);
        return true;
    }

    private async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var text = _received.ToString();
            if (text.IndexOf("\r\n", StringComparison.Ordinal) is var end and >= 0)
            {
                _received.Remove(0, end + 2);
                return text.AsSpan(0, end).ContainsAny(LineEnd) ? throw new ViolationException(Invariant.Form, $"\"{text[..end]}\" is no line") : text[..end];
            }

            if (_hasEnded)
            {
                return text.Length == 0 ? null : throw new ViolationException(Invariant.Form, $"\"{text}\" ends without CRLF");
            }

            try
            {
                var received = await _stream.ReadAsync(_octets, _patience.Token);
                _received.Append(Encoding.Latin1.GetString(_octets, 0, received));
                _hasEnded = received == 0;
            }
            catch (IOException)
            {
                _hasEnded = true;
            }
        }
    }
}
