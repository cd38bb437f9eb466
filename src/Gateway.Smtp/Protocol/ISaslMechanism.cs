namespace Gateway.Smtp.Protocol;

/// <summary>
/// The server's side of one exchange by one mechanism (RFC 4422). Total: for any octets in any order there is a step, and after the last one it is
/// <see cref="SaslStep.Malformed"/>. Octets are the client's, decoded from base64.
/// </summary>
public interface ISaslMechanism
{
    /// <summary>The first challenge, for a client that gave no initial response; that one goes to <see cref="Take"/> and needs no challenge before it.</summary>
    SaslStep.Challenge Begin();

    /// <summary>Takes the client's next response.</summary>
    SaslStep Take(ReadOnlySpan<byte> response);
}
