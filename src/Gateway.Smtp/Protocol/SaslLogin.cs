using Gateway.Core.Users;

namespace Gateway.Smtp.Protocol;

/// <summary>
/// LOGIN (draft-murchison-sasl-login-00), for clients that know nothing better: the name, then the password. The texts of the challenges are those that
/// clients know, and not the draft's own; the name may come as an initial response, which the draft does not have and many clients send.
/// </summary>
public sealed class SaslLogin : ISaslMechanism
{
    private byte[]? _name;
    private bool _isOver;

    public SaslStep.Challenge Begin() => new("Username:"u8.ToArray());

    public SaslStep Take(ReadOnlySpan<byte> response)
    {
        if (_isOver || response.Length > ScramVerifier.MaxPasswordOctets)
        {
            _isOver = true;
            return SaslStep.Malformed;
        }

        if (_name is null)
        {
            _name = response.ToArray();
            return new SaslStep.Challenge("Password:"u8.ToArray());
        }

        _isOver = true;
        return SaslPlain.Password(_name, response);
    }
}
