using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Core;

/// <summary>
/// Base64 in the one form that each text of octets has (RFC 4648 section 4): the standard alphabet, padding whole, pad bits zero (section 3.5), no white
/// space. What protocols compare or hash must not have two spellings.
/// </summary>
public static class StrictBase64
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private static readonly SearchValues<byte> Digits = SearchValues.Create([.. Alphabet.Select(c => (byte)c)]);

    /// <summary>Empty text is no octets.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? octets)
    {
        octets = null;
        if (text.Length % 4 != 0)
        {
            return false;
        }

        var padding = text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0;
        var digits = text[..^padding];
        if (digits.ContainsAnyExcept(Digits) || (padding > 0 && HasPadBits(digits[^1], padding)))
        {
            return false;
        }

        var decoded = new byte[(text.Length / 4 * 3) - padding];
        if (Base64.DecodeFromUtf8(text, decoded, out _, out _) != OperationStatus.Done)
        {
            return false; // the text was looked through above: this is for what the library may come to mind
        }

        octets = decoded;
        return true;
    }

    /// <summary>The last digit carries 2 bits of nothing under one '=', 4 under two.</summary>
    private static bool HasPadBits(byte digit, int padding) => (Alphabet.IndexOf((char)digit, StringComparison.Ordinal) & ((1 << (2 * padding)) - 1)) != 0;
}
