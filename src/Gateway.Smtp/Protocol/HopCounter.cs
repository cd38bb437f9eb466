namespace Gateway.Smtp.Protocol;

/// <summary>Counts Received fields in the header while the message streams by: many of them are a loop (RFC 5321 section 6.3).</summary>
/// <remarks>
/// Here, unlike in the dialogue, a LF ends a line whether or not a CR is before it, and a CR alone does not: where a bare LF is accepted or the
/// message is BODY=BINARYMIME, those who read the stored message split its header so (MimeKit, and <c>HeaderBlock</c> of Inspect). The header
/// ends at the first empty line; a line that is no field is passed over.
/// </remarks>
public sealed class HopCounter
{
    private Place _place = Place.Name;
    private int _matched; // octets of the field name seen on this line

    private enum Place
    {
        /// <summary>So far the line is the beginning of the field's name; with no octets of it, the start of a line.</summary>
        Name,

        /// <summary>A CR began the line.</summary>
        FirstCr,

        /// <summary>The whole name; white space may come before the colon (RFC 5322 section 4.5.8).</summary>
        BeforeColon,

        /// <summary>In a line that was counted or is something else.</summary>
        Passed,
        Body,
    }

    public int Hops { get; private set; }

    private static ReadOnlySpan<byte> FieldName => "received"u8;

    /// <summary>Takes the next octets of the message, dot-stuffing removed.</summary>
    public void Read(ReadOnlySpan<byte> octets)
    {
        while (_place != Place.Body && !octets.IsEmpty)
        {
            var step = _place == Place.Passed ? octets.IndexOf((byte)'\n') : 0;
            if (step < 0)
            {
                return;
            }

            Take(octets[step]);
            octets = octets[(step + 1)..];
        }
    }

    private void Take(byte octet)
    {
        if (octet == '\n')
        {
            var isEmpty = _place == Place.FirstCr || (_place == Place.Name && _matched == 0);
            (_place, _matched) = (isEmpty ? Place.Body : Place.Name, 0);
            return;
        }

        switch (_place)
        {
            case Place.Name when (octet | 0x20) == FieldName[_matched]:
                _place = ++_matched == FieldName.Length ? Place.BeforeColon : Place.Name;
                break;
            case Place.Name when octet == '\r' && _matched == 0:
                _place = Place.FirstCr;
                break;
            case Place.BeforeColon when octet is (byte)' ' or (byte)'\t':
                break;
            case Place.BeforeColon when octet == ':':
                Hops++;
                _place = Place.Passed;
                break;
            default:
                _place = Place.Passed;
                break;
        }
    }
}
