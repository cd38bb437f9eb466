using System.Text;

namespace Gateway.Pipeline.Inspect;

/// <summary>Collects body text from one or more parts into one string of Unicode, up to a number of octets of UTF-8.</summary>
/// <remarks>CRLF becomes LF (RFC 8621 section 4.1.4); format=flowed stays as it is; control characters other than tab, LF and form feed become U+FFFD.</remarks>
internal sealed class TextBody(InspectOptions limits, Findings findings)
{
    private readonly StringBuilder _text = new();
    private int _octets;
    private bool _full;
    private bool _any;

    /// <summary>Null when no part was added.</summary>
    public string? Text => _any ? _text.ToString() : null;

    /// <summary>Adds a part; reads only as much of it as there is room for.</summary>
    public void Add(MessageStream message, Entity entity, CancellationToken cancel)
    {
        _any = true;
        if (_full)
        {
            return;
        }

        if (_text.Length > 0 && _text[^1] != '\n')
        {
            Append('\n');
        }

        var (length, octets) = (_text.Length, _octets);
        var encoding = CharsetName.Find(entity.Charset);
        if (encoding is null || !TryAdd(message, entity, encoding, cancel))
        {
            findings.Add(Defect.UnknownCharset);
            (_text.Length, _octets, _full) = (length, octets, false);
            TryAdd(message, entity, CharsetName.Western, cancel);
        }
    }

    // False when the octets are none of a strict encoding.
    private bool TryAdd(MessageStream message, Entity entity, Encoding encoding, CancellationToken cancel)
    {
        using var encoded = new EncodedStream(message, entity);
        using var decoded = encoded.Open();
        try
        {
            Decode(decoded, encoding.GetDecoder(), cancel);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        finally
        {
            if (encoded.IsBroken)
            {
                findings.Add(Defect.BadEncoding);
            }
        }
    }

    private void Decode(Stream decoded, Decoder decoder, CancellationToken cancel)
    {
        var octets = new byte[8 * 1024];
        var characters = new char[8 * 1024 + 16];
        var budget = 8L * limits.MaxTextOctets; // an encoding may spend octets on no characters
        var carry = new Carry();
        while (!_full)
        {
            cancel.ThrowIfCancellationRequested();
            var read = decoded.Read(octets, 0, octets.Length);
            budget -= read;
            if (budget < 0)
            {
                Fill();
                break;
            }

            var made = decoder.GetChars(octets, 0, read, characters, 0, flush: read == 0);
            Append(characters.AsSpan(0, made), ref carry);
            if (read == 0)
            {
                break;
            }
        }

        if (carry.Cr)
        {
            Append('\n');
        }
    }

    private void Append(ReadOnlySpan<char> characters, ref Carry carry)
    {
        foreach (var c in characters)
        {
            if (carry.Cr)
            {
                carry.Cr = false;
                Append('\n');
                if (c == '\n')
                {
                    continue;
                }
            }

            if (carry.High != 0)
            {
                AppendPair(carry.High, c);
                var wasPair = char.IsLowSurrogate(c);
                carry.High = '\0';
                if (wasPair)
                {
                    continue;
                }
            }

            switch (c)
            {
                case '\r':
                    carry.Cr = true;
                    break;
                case '\uFEFF' when _text.Length == 0:
                    break; // a byte order mark
                case var _ when char.IsHighSurrogate(c):
                    carry.High = c;
                    break;
                default:
                    Append(Harmless(c));
                    break;
            }
        }
    }

    private static char Harmless(char c) => c switch
    {
        '\t' or '\n' or '\f' => c,
        _ when char.IsControl(c) || char.IsSurrogate(c) => '\uFFFD',
        _ => c,
    };

    private void AppendPair(char high, char low)
    {
        if (!char.IsLowSurrogate(low))
        {
            Append('\uFFFD');
            return;
        }

        if (Take(4))
        {
            _text.Append(high).Append(low);
        }
    }

    private void Append(char c)
    {
        if (Take(c < 0x80 ? 1 : c < 0x800 ? 2 : 3))
        {
            _text.Append(c);
        }
    }

    private bool Take(int octets)
    {
        if (_full || _octets + octets > limits.MaxTextOctets)
        {
            Fill();
            return false;
        }

        _octets += octets;
        return true;
    }

    private void Fill()
    {
        _full = true;
        findings.Cut();
    }

    private record struct Carry(bool Cr, char High);
}
