using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Gateway.Core;

/// <summary>What BODY= declared (RFC 6152, RFC 3030).</summary>
public enum BodyType
{
    [JsonStringEnumMemberName("7BIT")]
    SevenBit,
    [JsonStringEnumMemberName("8BITMIME")]
    EightBitMime,
    [JsonStringEnumMemberName("BINARYMIME")]
    BinaryMime,
}

/// <summary>What MAIL and RCPT said (RFC 5321 section 2.3.1).</summary>
/// <param name="ReversePath">From MAIL.</param>
/// <param name="ForwardPaths">Accepted recipients only, in order, each once.</param>
/// <param name="Body">From BODY=; 7BIT when it was absent.</param>
/// <param name="SmtpUtf8">SMTPUTF8 was given (RFC 6531 section 3.4).</param>
public sealed record Envelope(ReversePath ReversePath, ImmutableArray<ForwardPath> ForwardPaths, BodyType Body, bool SmtpUtf8);
