using System.Net;

namespace Gateway.Smtp;

/// <summary>Whom a listener is for, which decides what is asked of a client before its mail is taken.</summary>
public enum ListenerKind
{
    /// <summary>Mail servers of others, on port 25 (RFC 5321): STARTTLS is offered, nobody has to say who they are.</summary>
    Mx,

    /// <summary>Users, on port 587 (RFC 6409): STARTTLS and AUTH are required.</summary>
    Submission,

    /// <summary>Users, on port 465: TLS from the first octet (RFC 8314 section 3.3), and AUTH is required.</summary>
    Submissions,
}

/// <summary>A listener of the SMTP server.</summary>
/// <param name="Kind">Whom it is for.</param>
/// <param name="Endpoint">Where; port 0 takes a free one. <c>[::]</c> takes IPv4 too.</param>
public sealed record SmtpListener(ListenerKind Kind, IPEndPoint Endpoint);

/// <summary>What the kinds of listeners ask for.</summary>
internal static class ListenerKinds
{
    extension(ListenerKind kind)
    {
        /// <summary>Mail is taken from users only: over TLS and after AUTH.</summary>
        public bool IsForUsers => kind != ListenerKind.Mx;

        /// <summary>The handshake comes before the greeting.</summary>
        public bool BeginsWithTls => kind == ListenerKind.Submissions;
    }
}
