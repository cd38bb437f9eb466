namespace Gateway.Smtp.Protocol;

/// <summary>Counts Received fields in the header while the message streams by: many of them are a loop (RFC 5321 section 6.3).</summary>
public sealed class HopCounter
{
    private static ReadOnlySpan<byte> FieldName => "received:"u8;

    private bool _inHeader = true;
    private int _matched; // octets of the field name seen on this line; -1: this line is another field

    public int Hops { get; private set; }

    /// <summary>Takes the next octets of the message, dot-stuffing removed; lines end in CRLF.</summary>
    public void Read(ReadOnlySpan<byte> octets)
    {
        while (_inHeader && !octets.IsEmpty)
        {
            if (_matched >= 0)
            {
                Match(octets[0]);
                octets = octets[1..];
                continue;
            }

            var end = octets.IndexOf((byte)'\n');
            if (end < 0)
            {
                return;
            }

            octets = octets[(end + 1)..];
            _matched = 0;
        }
    }

    private void Match(byte octet)
    {
        if (_matched == 0 && octet == '\r')
        {
            _inHeader = false; // the empty line
        }
        else if ((octet | 0x20) != FieldName[_matched])
        {
            // A LF cannot come here but behind a CR, so it is safe to look for the end of the line from the next octet on.
            _matched = -1;
        }
        else if (++_matched == FieldName.Length)
        {
            Hops++;
            _matched = -1;
        }
    }
}
