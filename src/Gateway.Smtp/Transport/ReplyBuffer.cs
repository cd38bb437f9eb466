using System.Buffers;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Transport;

/// <summary>Replies that wait to be sent, in one pooled buffer that is held while there are any.</summary>
internal sealed class ReplyBuffer
{
    private const int Octets = 4 * 1024;

    private byte[]? _octets;

    /// <summary>Octets that wait.</summary>
    public int Length { get; private set; }

    /// <summary>They should go out before more input is worked on.</summary>
    public bool IsHalfFull => Length > Octets / 2;

    public void Write(Reply reply)
    {
        var needed = Length + ReplyEncoder.MaxOctets(reply);
        if (_octets is null || _octets.Length < needed)
        {
            var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Octets));
            _octets.AsSpan(0, Length).CopyTo(bigger);
            Return();
            _octets = bigger;
        }

        Length += ReplyEncoder.Encode(reply, _octets.AsSpan(Length));
    }

    /// <summary>What waits, but the first octets.</summary>
    public ReadOnlyMemory<byte> From(int sent) => _octets.AsMemory(sent, Length - sent);

    /// <summary>Nothing waits any more.</summary>
    public void Release()
    {
        Length = 0;
        Return();
    }

    private void Return()
    {
        if (_octets is not null)
        {
            ArrayPool<byte>.Shared.Return(_octets);
            _octets = null;
        }
    }
}
