using System.Collections.Immutable;
using System.Text;

namespace Gateway.Smtp.Protocol;

/// <summary>What a client that is none of ours talks.</summary>
public enum Foreign
{
    /// <summary>Nothing that is known: SMTP, or there is too little of it yet.</summary>
    None,

    /// <summary>A handshake where plain text is spoken.</summary>
    Tls,
    Http,
    Rtsp,
    Sip,
    Ssh,
}

/// <summary>
/// Tells clients that talk another protocol: scanners, and browsers and servers that somebody makes talk to us, with mail commands hidden in what they send (a header, a form). So the
/// connection is cut before anything else of it is read.
/// </summary>
/// <remarks>
/// What is told once stays told with more octets, and nothing behind the first line end or octet 512 is looked at; so, asked before each line until the client has said EHLO or HELO, the answer
/// never depends on how the octets were cut into segments.
/// </remarks>
public static class ForeignProtocol
{
    /// <summary>The least that a command line may be limited to: as far as is looked at in any case.</summary>
    private const int MaxOctets = 512;

    private const byte TlsHandshake = 0x16; // the record's type; then its version, 3.x in all that are (RFC 8446 section 5.1)
    private const byte TlsMajorVersion = 3;

    /// <summary>Methods that a browser sends of itself (RFC 9110 section 9.3, RFC 5789), and the preface of HTTP/2 (RFC 9113 section 3.4). Others are told by the version in their line.</summary>
    private static readonly ImmutableArray<string> Methods = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE", "PRI"];

    /// <summary>Looks at the front of the input, in any state of it.</summary>
    /// <param name="firstOctets">From the beginning of a line, be it whole or not; empty: none has come.</param>
    public static Foreign Recognise(ReadOnlySpan<byte> firstOctets)
    {
        if (firstOctets is [TlsHandshake, TlsMajorVersion, ..])
        {
            return Foreign.Tls;
        }

        var line = firstOctets[..Math.Min(firstOctets.Length, MaxOctets)];
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        line = end < 0 ? line : line[..end];
        return Begins(line, "SSH-") ? Foreign.Ssh : OfWords(line);
    }

    /// <summary>A method of HTTP at the front (OPTIONS, which RTSP and SIP have too, is told before the version comes), or a version at the beginning of any word: "FOO * HTTP/1.1".</summary>
    private static Foreign OfWords(ReadOnlySpan<byte> line)
    {
        for (var rest = line; ;)
        {
            if (OfVersion(rest) is var told and not Foreign.None)
            {
                return told;
            }

            var space = rest.IndexOfAny((byte)' ', (byte)'\t');
            if (space < 0)
            {
                return Foreign.None;
            }

            if (rest.Length == line.Length && IsMethod(rest[..space]))
            {
                return Foreign.Http;
            }

            rest = rest[(space + 1)..];
        }
    }

    private static Foreign OfVersion(ReadOnlySpan<byte> word) =>
        BeginsVersion(word, "HTTP/") ? Foreign.Http : BeginsVersion(word, "RTSP/") ? Foreign.Rtsp : BeginsVersion(word, "SIP/") ? Foreign.Sip : Foreign.None;

    private static bool IsMethod(ReadOnlySpan<byte> word)
    {
        foreach (var method in Methods)
        {
            if (Ascii.EqualsIgnoreCase(word, method))
            {
                return true;
            }
        }

        return false;
    }

    private static bool BeginsVersion(ReadOnlySpan<byte> word, string name) => word.Length > name.Length && Begins(word, name) && char.IsAsciiDigit((char)word[name.Length]);

    private static bool Begins(ReadOnlySpan<byte> line, string name) => line.Length >= name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name);
}
