using Gateway.Core;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>What a client has to do before mail is taken where only users may bring it: STARTTLS (RFC 3207 section 4), then AUTH (RFC 4954 section 6).</summary>
internal sealed class UserAccess(SessionServices services, Connection connection, CommandReader reader, ListenerKind kind)
{
    private Login? _login;

    /// <summary>Who logged in; null: nobody yet, or nobody has to.</summary>
    public string? User => _login?.User;

    /// <summary>AUTH is offered: to users, and over TLS only.</summary>
    public bool IsOffered => kind.IsForUsers && connection.Tls is not null;

    /// <summary>What stands in the way of this command; null: nothing.</summary>
    public Reply? Missing(Verb verb) => verb switch
    {
        Verb.Auth when !kind.IsForUsers => Replies.NotImplemented,
        _ when !kind.IsForUsers => null,
        Verb.Noop or Verb.Ehlo or Verb.Helo or Verb.StartTls or Verb.Auth or Verb.Quit => null,
        _ when connection.Tls is null => Replies.TlsRequired,
        Verb.Mail when User is not { } user || !services.Logins.Knows(user) => Replies.AuthRequired,
        _ => null,
    };

    /// <summary>Runs AUTH to its end.</summary>
    /// <param name="argument">What is behind the verb.</param>
    /// <param name="due">When the session has taken too long as a whole, by <see cref="Alarm.In"/>.</param>
    /// <returns>The last reply; null when the client went away.</returns>
    public ValueTask<Reply?> LoginAsync(ReadOnlySpan<byte> argument, long due) =>
        (_login ??= new(services.Logins, connection, reader, services.Options)).RunAsync(argument, due);
}
