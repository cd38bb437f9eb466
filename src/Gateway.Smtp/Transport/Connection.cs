using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Smtp.Transport;

/// <summary>How a wait for input ended.</summary>
internal enum Input
{
    More,

    /// <summary>The client is gone: nobody is left to talk to.</summary>
    Closed,
    TimedOut,

    /// <summary>The server drains, or stops.</summary>
    Draining,

    /// <summary>There is no memory for it.</summary>
    Overloaded,
}

/// <summary>
/// One TCP connection, in plain text or TLS. Input lies in one pooled buffer, which an idle connection does not hold; replies are
/// collected while input is left and go out in one send.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    /// <summary>
    /// Reads in a row that found octets there at once, after which the thread is given up: it may be the one that serves all sockets, and
    /// a client that sends without a pause must not keep it. 16 reads are up to 1 MiB. (A wait for octets that are there counts as a read.)
    /// </summary>
    private const int MaxReadsInARow = 16;

    private readonly Socket _socket;
    private readonly TimeSpan _replyTimeout;
    private readonly InputBuffer _input;
    private readonly ReplyBuffer _output = new();
    private SslStream? _tls;
    private int _readsInARow;
    private bool _isBroken;

    /// <summary>Owns the socket from here on. Memory for input comes from the budget; null: it is not counted.</summary>
    public Connection(Socket socket, TimeSpan replyTimeout, TimeProvider clock, MemoryBudget? budget = null)
    {
        (_socket, _replyTimeout, _input) = (socket, replyTimeout, new(budget));
        Alarm = new(clock);
        Peer = PeerFacts.AddressOf(socket);
    }

    public Alarm Alarm { get; }

    /// <summary>The other end of the socket: the client, or who stands before us. Null: it was gone at once.</summary>
    public IPAddress? Peer { get; }

    /// <summary>Null in plain text.</summary>
    public TlsFacts? Tls { get; private set; }

    /// <summary>Received and not yet consumed. It may be written to; it is good until the next <see cref="FillAsync"/>.</summary>
    public Memory<byte> Unread => _input.Unread;

    /// <summary>So many replies wait that they should go out before more input is worked on.</summary>
    public bool HasMuchToSend => _output.IsHalfFull;

    public void Consume(int octets) => _input.Consume(octets);

    /// <summary>
    /// A message begins, or has ended: while it is under way its octets are not refused for the want of memory, as those of a command may be. No buffer is held for that while none come.
    /// </summary>
    public void KeepRoom(bool keep) => _input.KeepShare(keep);

    /// <summary>Puts a reply behind those that wait to be sent.</summary>
    public void Write(Reply reply) => _output.Write(reply);

    /// <summary>Sends what waits to be sent. False when the client is gone or does not take it in time; when the server stops, which is at once.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FlushAsync()
    {
        if (Alarm.IsStopped)
        {
            _isBroken = _isBroken || (_output.Length > 0 && !Farewell.TrySend(_socket, _tls, _output.From(0).Span));
            _output.Release();
            return !_isBroken;
        }

        var sent = 0;
        var token = _output.Length == 0 || _isBroken ? default : Alarm.Set(Alarm.In(_replyTimeout));
        try
        {
            while (sent < _output.Length && !_isBroken)
            {
                var rest = _output.From(sent);
                if (_tls is not null)
                {
                    await _tls.WriteAsync(rest, token);
                    break;
                }

                sent += await _socket.SendAsync(rest, SocketFlags.None, token);
            }
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            _isBroken = true;
        }
        finally
        {
            Alarm.Clear();
            _output.Release();
        }

        return !_isBroken;
    }

    /// <summary>Sends what waits to be sent, then waits for more input behind what is unread.</summary>
    /// <param name="due">The deadline, by <see cref="Transport.Alarm.In"/>.</param>
    /// <param name="interruptible">The wait also ends when the server drains.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Input> FillAsync(long due, bool interruptible)
    {
        if (!await FlushAsync())
        {
            return Input.Closed;
        }

        var token = Alarm.Set(due, interruptible);
        try
        {
            if (_input.IsEmpty && !_input.IsFilledUp)
            {
                _input.Release();
                do
                {
                    await CountAsync(ReceiveAsync(Memory<byte>.Empty, token));
                }
                while (HasNothingYet());
            }

            if (!_input.TryMakeRoom(out var room))
            {
                return Input.Overloaded;
            }

            var received = await CountAsync(ReceiveAsync(room, token));
            if (_readsInARow > MaxReadsInARow)
            {
                _readsInARow = 0;
                await Task.Yield();
            }

            _input.Add(received);
            _isBroken = received == 0;
            return received == 0 ? Input.Closed : Input.More;
        }
        catch (OperationCanceledException) when (Alarm.Clear() is var cut and not Cut.None)
        {
            return EndedBy(cut);
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            _isBroken = true;
            return Input.Closed;
        }
        finally
        {
            Alarm.Clear();
        }
    }

    /// <summary>Waits until the client sends something, and leaves it where it is; plain text only. No buffer is held meanwhile.</summary>
    /// <param name="due">The deadline; <see cref="Input.TimedOut"/> means that the client kept silent.</param>
    public async ValueTask<Input> ListenAsync(long due)
    {
        Debug.Assert(_tls is null);
        if (!_input.IsEmpty)
        {
            return Input.More;
        }

        try
        {
            var token = Alarm.Set(due, interruptible: true);
            do
            {
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, token);
            }
            while (HasNothingYet());

            _isBroken = _socket.Available == 0; // an end can be received, too
            return _isBroken ? Input.Closed : Input.More;
        }
        catch (OperationCanceledException) when (Alarm.Clear() is var cut and not Cut.None)
        {
            return EndedBy(cut);
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            _isBroken = true;
            return Input.Closed;
        }
        finally
        {
            Alarm.Clear();
        }
    }

    /// <summary>
    /// The TLS handshake. When it fails the connection is broken: there is no way back to plain text (RFC 3207 section 4.1).
    /// </summary>
    /// <param name="hosts">The certificates.</param>
    /// <param name="timeout">For all of it.</param>
    /// <param name="keepUnread">
    /// False after STARTTLS: what the client sent behind it in plain text is thrown away unread (RFC 3207 section 4.2), since executed later it would
    /// look as if TLS had protected it. True for implicit TLS (RFC 8314 section 3.3): what came right behind a PROXY header is the client's first word of TLS.
    /// </param>
    /// <returns>Null when it succeeded, else why not.</returns>
    public async ValueTask<string?> SecureAsync(TlsHosts hosts, TimeSpan timeout, bool keepUnread = false)
    {
        Stream stream = new NetworkStream(_socket, ownsSocket: false);
        if (keepUnread && !Unread.IsEmpty)
        {
            stream = new PrefacedStream(Unread.ToArray(), stream);
        }

        _input.Release();
        _isBroken = true; // until it has succeeded, whatever comes in between
        (_tls, Tls, var failure) = await Handshake.RunAsync(stream, hosts, Alarm.Set(Alarm.In(timeout)));
        Alarm.Clear();
        _isBroken = _tls is null;
        return failure;
    }

    /// <summary>Sends what waits to be sent, ends this side and reads what is there, so that the client gets the last reply.</summary>
    /// <param name="linger">Reads on for a while: the client is probably still sending.</param>
    public async ValueTask CloseAsync(bool linger)
    {
        try
        {
            if (await FlushAsync())
            {
                if (_tls is not null)
                {
                    await _tls.ShutdownAsync().WaitAsync(Alarm.Set(Alarm.In(_replyTimeout)));
                }

                _socket.Shutdown(SocketShutdown.Send);
                _input.Release();
                await Farewell.DiscardAsync(_socket, Alarm, linger);
            }
        }
        catch (Exception e) when (IsEndOfConnection(e) || e is InvalidOperationException)
        {
            // Nobody is left to tell.
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isBroken = true;
        Alarm.Dispose();
        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }

        _socket.Dispose();
        _input.KeepShare(keep: false);
        _input.Release();
        _output.Release();
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancel) =>
        _tls is null ? _socket.ReceiveAsync(buffer, SocketFlags.None, cancel) : _tls.ReadAsync(buffer, cancel);

    /// <summary>
    /// The wait ended, and neither an octet nor an end has come: the readiness of a moment ago, whose octets were read then, can end the next wait too. Room that is made for nothing
    /// would be held by an idle connection.
    /// </summary>
    private bool HasNothingYet() => _tls is null && _socket.Available == 0 && !_socket.Poll(0, SelectMode.SelectRead);

    private ValueTask<int> CountAsync(ValueTask<int> receiving)
    {
        _readsInARow = receiving.IsCompleted ? _readsInARow + 1 : 0;
        return receiving;
    }

    private static Input EndedBy(Cut cut) => cut == Cut.TimedOut ? Input.TimedOut : Input.Draining;

    /// <summary>What a stream or socket throws when the other side, or this one, has ended it.</summary>
    internal static bool IsEndOfConnection(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
