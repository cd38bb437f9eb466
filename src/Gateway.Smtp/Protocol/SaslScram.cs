using System.Security.Cryptography;
using System.Text;
using Gateway.Core;
using Gateway.Core.Users;

namespace Gateway.Smtp.Protocol;

/// <summary>
/// SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677): the password does not cross the wire, the server proves itself too, and a login costs three
/// hashes here; the client does the iterations. A client that says 'y' (it could bind a channel, and saw no -PLUS) is taken at its word: none is offered.
/// </summary>
/// <param name="find">The verifier of a user; for who is not a user, one that nothing satisfies.</param>
/// <param name="serverNonce">Ours: fresh, printable ASCII without ',' (RFC 5802 section 5.1).</param>
public sealed class SaslScram(Func<string, ScramVerifier> find, string serverNonce) : ISaslMechanism
{
    private Stage _stage;
    private string? _name;
    private ScramVerifier? _verifier;
    private byte[] _saidSoFar = []; // the first two parts of AuthMessage, each with the comma behind it
    private byte[] _finalStart = []; // what the client's last message has to begin with

    private enum Stage
    {
        First,
        Final,
        Confirmation,
        Over,
    }

    public SaslStep.Challenge Begin() => new(default);

    public SaslStep Take(ReadOnlySpan<byte> response)
    {
        var stage = _stage;
        _stage = Stage.Over;
        return stage switch
        {
            Stage.First => TakeFirst(response),
            Stage.Final => TakeFinal(response),
            Stage.Confirmation when response.IsEmpty => new SaslStep.Accepted(_name!),
            _ => SaslStep.Malformed,
        };
    }

    private SaslStep TakeFirst(ReadOnlySpan<byte> response)
    {
        if (!ScramMessage.TryRead(response, out var message))
        {
            return SaslStep.Malformed;
        }

        if (message.ActsFor is not null && message.ActsFor != message.Name)
        {
            return SaslStep.BadCredentials;
        }

        (_name, _verifier, _stage) = (message.Name, find(message.Name), Stage.Final);
        var nonce = Encoding.ASCII.GetString(message.Nonce) + serverNonce;
        var challenge = Encoding.ASCII.GetBytes(FormattableString.Invariant($"r={nonce},s={Convert.ToBase64String(_verifier.Salt)},i={_verifier.Iterations}"));
        _saidSoFar = [.. message.Bare, (byte)',', .. challenge, (byte)','];
        _finalStart = Encoding.ASCII.GetBytes($"c={Convert.ToBase64String(message.Gs2Header)},r={nonce}");
        return new SaslStep.Challenge(challenge);
    }

    private SaslStep TakeFinal(ReadOnlySpan<byte> response)
    {
        // base64 holds no comma, so the last ",p=" is where the proof begins.
        var end = response.LastIndexOf(",p="u8);
        if (end < 0 || !StrictBase64.TryDecode(response[(end + 3)..], out var proof) || proof.Length != ScramVerifier.KeyOctets)
        {
            return SaslStep.Malformed;
        }

        // Another header than in the first message, or another nonce: somebody in between, or a recording.
        var withoutProof = response[..end];
        if (!withoutProof.StartsWith(_finalStart) || (withoutProof.Length > _finalStart.Length && withoutProof[_finalStart.Length] != ','))
        {
            return SaslStep.BadCredentials;
        }

        if (!ScramMessage.AreExtensions(withoutProof[_finalStart.Length..]))
        {
            return SaslStep.Malformed;
        }

        byte[] authMessage = [.. _saidSoFar, .. withoutProof];
        if (!IsProof(proof, authMessage))
        {
            return SaslStep.BadCredentials;
        }

        _stage = Stage.Confirmation;
        return new SaslStep.Challenge(Encoding.ASCII.GetBytes($"v={Convert.ToBase64String(HMACSHA256.HashData(_verifier!.ServerKey, authMessage))}"));
    }

    /// <summary>ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage), and StoredKey is the hash of ClientKey (RFC 5802 section 3).</summary>
    private bool IsProof(byte[] proof, byte[] authMessage)
    {
        Span<byte> key = stackalloc byte[ScramVerifier.KeyOctets];
        HMACSHA256.HashData(_verifier!.StoredKey, authMessage, key);
        for (var i = 0; i < key.Length; i++)
        {
            key[i] ^= proof[i];
        }

        SHA256.HashData(key, key); // ClientKey, with which one could log in, is gone
        return CryptographicOperations.FixedTimeEquals(key, _verifier.StoredKey);
    }
}
