using System.Runtime.InteropServices;
using System.Text;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>
/// Keeps account of one dialogue, from outside: by what was sent, and by each reply, it knows what has to be replied to next. It does not say which reply that is, but where commands, chunks
/// and messages begin and end: so it tells a reply too many or too few, and a message that was taken for another.
/// </summary>
/// <param name="rules">Of the server.</param>
/// <param name="listener">The client's.</param>
internal sealed class Account(SiteRules rules, ListenerKind listener)
{
    private readonly List<byte> _input = [];
    private readonly List<byte> _chunks = [];
    private Mode _mode = rules.IsProxied ? Mode.Header : Start(listener);
    private int _at;
    private bool _isGreeted;
    private bool _isLoggedIn;
    private bool _isBinary;
    private Due? _due;
    private bool _isKnown; // what is due

    private enum Mode
    {
        Header,
        Greeting,
        Tls,
        Commands,
        Responses,
        Content,
        Over,
    }

    /// <summary>What the server has to reply to; null: nothing, until there is more.</summary>
    public Due? Due
    {
        get
        {
            (_due, _isKnown) = (_isKnown ? _due : Find(), true);
            return _due;
        }
    }

    /// <summary>The last reply said that it is the last.</summary>
    public bool IsOver => _mode == Mode.Over;

    /// <summary>The handshake is due, from the client.</summary>
    public bool IsReadyForTls => Due is null && _mode == Mode.Tls;

    /// <summary>A PROXY header is still to come, as a whole.</summary>
    public bool AwaitsHeader => _mode == Mode.Header && _input.Count == 0;

    public bool IsSecured { get; private set; }

    /// <summary>The octets of the challenge that waits for a response; null: none does.</summary>
    public byte[]? Challenge { get; private set; }

    /// <summary>Each message that was answered 250, octet for octet.</summary>
    public List<byte[]> Accepted { get; } = [];

    /// <summary>The names of what was replied to, with the replies.</summary>
    public List<(string Name, ServerReply Reply)> Replies { get; } = [];

    /// <summary>One of the replies may be another the next time.</summary>
    public bool DependsOnCuts { get; private set; }

    public int UnansweredOctets => _input.Count - _at;

    /// <summary>Messages that may end in what no reply has been given to, which is also so when nobody waited for it.</summary>
    public int MostUnheardMessages
    {
        get
        {
            var text = "\r\n" + Encoding.Latin1.GetString(Unanswered).ToUpperInvariant();
            return text.Split("\r\n.\r\n").Length - 1 + text.Split(" LAST").Length - 1;
        }
    }

    private ReadOnlySpan<byte> Unanswered => CollectionsMarshal.AsSpan(_input)[_at..];

    public void Sent(ReadOnlySpan<byte> octets)
    {
        _input.AddRange(octets);
        _isKnown = false;
    }

    /// <summary>The handshake is done: what was said is forgotten.</summary>
    public void Secured()
    {
        _input.Clear();
        (_at, _isGreeted, _isKnown) = (0, false, false);
        _mode = IsSecured || listener != ListenerKind.Submissions ? Mode.Commands : Mode.Greeting;
        IsSecured = true;
    }

    /// <exception cref="ViolationException">It is not a reply to anything, or not one to this.</exception>
    public void Replied(ServerReply reply)
    {
        var due = Due;
        Replies.Add((due?.Name ?? "none", reply));
        if (!MayBe(reply, due))
        {
            throw new ViolationException(Invariant.Account, $"\"{reply}\" to {(due is null ? "nothing" : $"{due.Kind} {due.Line}")}");
        }

        DependsOnCuts |= due is { MayBreak: true };
        _at += due?.Octets ?? 0;
        (_isKnown, Challenge) = (false, null);
        if (reply.Closes)
        {
            _mode = Mode.Over;
            return;
        }

        if (due!.Kind == DueKind.Greeting)
        {
            _mode = Mode.Commands;
        }
        else
        {
            GoOn(due, reply);
        }
    }

    private static Mode Start(ListenerKind listener) => listener == ListenerKind.Submissions ? Mode.Tls : Mode.Greeting;

    private bool MayBe(ServerReply reply, Due? due)
    {
        if (_mode == Mode.Over)
        {
            return false;
        }

        if (reply.Code == 421)
        {
            return due is not null || rules.MayCut || _mode == Mode.Tls || IsInChunk();
        }

        if (due is null || (due.Kind is not DueKind.Breach && reply.Code == 521))
        {
            return due is { Kind: DueKind.LongLine, MayBreak: true } || (due is { Kind: DueKind.Greeting } && rules.MayTurnAway);
        }

        var namesUs = reply.Code == 220 ? due.Kind == DueKind.Greeting : reply.Code == 250 && due.Verb is "EHLO" or "HELO";
        return reply.HasStatus == (!namesUs && reply.Code is not (354 or 334)) && due.Kind switch
        {
            DueKind.BadHeader => false,
            DueKind.Breach => reply.Code == 521,
            DueKind.Greeting => reply.Code is 220 or >= 400,
            DueKind.LongLine => reply.Status is "500 5.5.2" or "500 5.5.6",
            DueKind.Message => reply.Code >= 400 || (reply.Status == "250 2.6.0" && due.Message!.Verdict == DataStatus.Complete && MayTakeMail),
            DueKind.Chunk => reply.Code >= 400 || (reply.Status == (due.IsLast ? "250 2.6.0" : "250 2.0.0") && MayTakeMail),
            DueKind.Response => reply.Code is 235 or 334 or >= 400,
            _ => MayBe(reply, due.Verb),
        };
    }

    private bool MayBe(ServerReply reply, string verb) => reply.Code switch
    {
        354 => verb == "DATA" && MayTakeMail,
        334 or 235 => verb == "AUTH" && IsSecured,
        220 => verb == "STARTTLS",
        221 => verb == "QUIT",
        250 => reply.Status != "250 2.6.0" && verb != "DATA",
        _ => true,
    };

    private bool MayTakeMail => listener == ListenerKind.Mx || (IsSecured && _isLoggedIn);

    private void GoOn(Due due, ServerReply reply)
    {
        switch (due.Kind, reply.Code)
        {
            case (DueKind.Message, _):
                _mode = Mode.Commands;
                Take(due.Message!.Message, reply);
                break;
            case (DueKind.Chunk, 250):
                var end = _at;
                _chunks.AddRange(CollectionsMarshal.AsSpan(_input)[(end - (int)Due.ChunkOctets(due.Line)!.Value)..end]);
                if (due.IsLast)
                {
                    TakeChunks(reply);
                }

                break;
            case (DueKind.Chunk, _):
                _chunks.Clear();
                break;
            case (DueKind.Response or DueKind.Command, 334):
                (_mode, Challenge) = (Mode.Responses, Convert.FromBase64String(reply.Lines[0][4..]));
                break;
            case (DueKind.Response or DueKind.Command, 235):
                (_mode, _isLoggedIn) = (Mode.Commands, true);
                break;
            case (DueKind.Response, _):
            case (DueKind.LongLine, _):
                _mode = Mode.Commands;
                break;
            case (DueKind.Command, < 400):
                Accept(due.Verb, due.Line);
                break;
        }
    }

    private void Accept(string verb, string line)
    {
        switch (verb)
        {
            case "DATA":
                _mode = Mode.Content;
                break;
            case "STARTTLS":
                _mode = Mode.Tls;
                break;
            case "EHLO" or "HELO" or "RSET" or "MAIL":
                _isGreeted |= verb is "EHLO" or "HELO";
                _isBinary = line.Contains(" BODY=BINARYMIME", StringComparison.OrdinalIgnoreCase);
                _chunks.Clear();
                break;
        }
    }

    private void TakeChunks(ServerReply reply)
    {
        var message = _chunks.ToArray();
        _chunks.Clear();
        if (DecodingRule.Chunks(message, rules.Content, _isBinary).Verdict != DataStatus.Complete)
        {
            throw new ViolationException(Invariant.Message, "a message in chunks was taken that should not have been");
        }

        Take(message, reply);
    }

    private void Take(byte[] message, ServerReply reply)
    {
        if (reply.Code == 250)
        {
            Accepted.Add(message);
        }
    }

    private bool IsInChunk() => _mode == Mode.Commands && LineOf(Unanswered) is { } line && line.StartsWith("BDAT ", StringComparison.OrdinalIgnoreCase);

    private static string? LineOf(ReadOnlySpan<byte> input) => input.IndexOf("\r\n"u8) is var end and >= 0 ? Encoding.Latin1.GetString(input[..end]) : null;

    private Due? Find() => _mode switch
    {
        Mode.Header => FindHeader(),
        Mode.Greeting => new(DueKind.Greeting, 0),
        Mode.Commands => !_isGreeted && ForeignProtocol.Recognise(Unanswered) != Foreign.None ? new(DueKind.Breach, 0) : Due.OfLine(Unanswered, rules.MaxLine, rules.MaxSkipped, isResponse: false),
        Mode.Responses => Due.OfLine(Unanswered, SiteRules.MaxResponse, rules.MaxSkipped, isResponse: true),
        Mode.Content => Due.OfMessage(Unanswered, rules.Content),
        _ => null,
    };

    private Due? FindHeader()
    {
        switch (ProxyHeader.TryTake(Unanswered, out _, out var octets))
        {
            case ProxyStatus.Complete:
                _at += octets;
                _mode = Start(listener);
                return Find();
            case ProxyStatus.Malformed:
                return new(DueKind.BadHeader, 0);
            default:
                return null;
        }
    }
}
