using System.Net.Sockets;

namespace Gateway.Smtp.Transport;

/// <summary>A socket of which some was read already: that comes first.</summary>
/// <param name="socket">Stays open.</param>
/// <param name="read">What was read; it is copied.</param>
internal sealed class ResumedStream(Socket socket, ReadOnlySpan<byte> read) : NetworkStream(socket, ownsSocket: false)
{
    private ReadOnlyMemory<byte> _read = read.ToArray();

    /// <summary>The one way in which TLS reads; no octets are there at once, as of a socket, when none are asked for.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read.IsEmpty)
        {
            return base.ReadAsync(buffer, cancellationToken);
        }

        var octets = Math.Min(buffer.Length, _read.Length);
        _read[..octets].CopyTo(buffer);
        _read = octets == _read.Length ? default : _read[octets..]; // the last of it lets go of the copy
        return new(octets);
    }
}
