using System.Text;
using System.Text.RegularExpressions;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>What the decoders were told.</summary>
internal sealed record DecodingLimits(long MaxOctets, int MaxLine, BareLineEndings BareLineEndings)
{
    public static DecodingLimits None(BareLineEndings bareLineEndings) => new(long.MaxValue, int.MaxValue, bareLineEndings);
}

/// <summary>What became of a message.</summary>
/// <param name="Status">The last answer.</param>
/// <param name="Verdict">What spoke against the message in the end.</param>
/// <param name="Consumed">Octets of the input that are done with.</param>
/// <param name="Message">Octets of the message.</param>
/// <param name="Facts">What was found in them.</param>
internal sealed record Decoded(DataStatus Status, DataStatus Verdict, int Consumed, byte[] Message, string Facts)
{
    public static Decoded Of(DataStatus status, int consumed, List<byte> message, ContentScanner content) =>
        new(status, content.Verdict, consumed, [.. message], FactsOf(content));

    private static string FactsOf(ContentScanner content) =>
        $"{content.Octets}{(content.HasNul ? " nul" : "")}{(content.HasEightBit ? " 8bit" : "")}{(content.HasBareLineEnding ? " bare" : "")}" +
        $"{(content.HasLongLine ? " long" : "")}{(content.HasUnendedLine ? " unended" : "")}";
}

/// <summary>The rules themselves, over a whole input: octet by octet, then regular expressions. No regard for speed or cuts.</summary>
internal static partial class DecodingRule
{
    public static Decoded Data(byte[] input, DecodingLimits limits)
    {
        var text = Encoding.Latin1.GetString(input);
        var message = new StringBuilder();
        for (var (at, before, beforeThat) = (0, '\n', '\r'); ; at++)
        {
            var isLineStart = (beforeThat, before) == ('\r', '\n');
            if (isLineStart && text.AsSpan(at).StartsWith(".\r\n"))
            {
                var verdict = Verdict(message.ToString(), limits, hasEnded: true);
                return Judge(verdict, at + 3, message.ToString(), limits, hasEnded: true);
            }

            if (at == text.Length || (isLineStart && text[at..] is "." or ".\r"))
            {
                return Judge(DataStatus.NeedMore, at, message.ToString(), limits, hasEnded: false);
            }

            at += isLineStart && text[at] == '.' ? 1 : 0;
            message.Append(text[at]);
            if (limits.BareLineEndings == BareLineEndings.Refuse && (before == '\r') != (text[at] == '\n'))
            {
                return Judge(DataStatus.BadLineEnding, at + 1, message.ToString(), limits, hasEnded: false);
            }

            (beforeThat, before) = (before, text[at]);
        }
    }

    /// <summary>The whole message, all chunks of it.</summary>
    public static Decoded Chunks(byte[] input, DecodingLimits limits, bool isBinary)
    {
        var message = Encoding.Latin1.GetString(input);
        if (isBinary)
        {
            var size = message.Length > limits.MaxOctets ? DataStatus.TooLarge : DataStatus.Complete;
            return new(size, size, input.Length, input, $"{input.Length}");
        }

        return Judge(Verdict(message, limits, hasEnded: true), input.Length, message, limits, hasEnded: true);
    }

    private static Decoded Judge(DataStatus status, int consumed, string message, DecodingLimits limits, bool hasEnded)
    {
        var isUnended = hasEnded && message.Length > 0 && !message.EndsWith("\r\n", StringComparison.Ordinal);
        var facts = $"{message.Length}{(message.Contains('\0') ? " nul" : "")}{(message.Any(c => c >= 0x80) ? " 8bit" : "")}" +
            $"{(IsBare(message, hasEnded) ? " bare" : "")}{(LongestLine(message) > 1000 ? " long" : "")}{(isUnended ? " unended" : "")}";
        return new(status, Verdict(message, limits, hasEnded), consumed, Encoding.Latin1.GetBytes(message), facts);
    }

    private static DataStatus Verdict(string message, DecodingLimits limits, bool hasEnded)
    {
        var refuses = limits.BareLineEndings == BareLineEndings.Refuse;
        return message.Length > limits.MaxOctets ? DataStatus.TooLarge
            : LongestLine(message) > limits.MaxLine ? DataStatus.LineTooLong
            : refuses && IsBare(message, hasEnded) ? DataStatus.BadLineEnding
            : refuses && message.Contains('\0') ? DataStatus.ContainsNul
            : DataStatus.Complete;
    }

    private static int LongestLine(string message) => message.Length == 0 ? 0 : LineEnd().Split(message).Max(line => line.Length);

    private static bool IsBare(string message, bool hasEnded) => (hasEnded ? Bare() : BareForCertain()).IsMatch(message);

    [GeneratedRegex("(?<=\r\n)")]
    private static partial Regex LineEnd();

    [GeneratedRegex("\r(?!\n)|(?<!\r)\n")]
    private static partial Regex Bare();

    [GeneratedRegex("\r[^\n]|(?<!\r)\n")]
    private static partial Regex BareForCertain();
}
