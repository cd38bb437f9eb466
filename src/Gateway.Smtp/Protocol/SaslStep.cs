using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>What a mechanism wants after a response of the client (RFC 4422 section 3.5).</summary>
public abstract record SaslStep
{
    private SaslStep()
    {
    }

    /// <summary>334 with these octets, none are fine too; the client's next response goes to <see cref="ISaslMechanism.Take"/>.</summary>
    public sealed record Challenge(ReadOnlyMemory<byte> Octets) : SaslStep;

    /// <summary>The client is this user if this is the user's password. Whoever checks it zeroes it.</summary>
    public sealed record CheckPassword(string Name, byte[] Password) : SaslStep;

    /// <summary>The client is this user.</summary>
    public sealed record Accepted(string Name) : SaslStep;

    /// <summary>It ends here, with this reply.</summary>
    public sealed record Refused(Reply Reply) : SaslStep;

    /// <summary>501 5.5.2: not what the mechanism's grammar allows, or longer than anything that a user here could have.</summary>
    internal static readonly SaslStep Malformed = new Refused(Replies.AuthMalformed);

    /// <summary>535 5.7.8, whatever was wrong: name, password, proof, nonce, or whom the client wants to act for.</summary>
    internal static readonly SaslStep BadCredentials = new Refused(Replies.BadCredentials);
}
