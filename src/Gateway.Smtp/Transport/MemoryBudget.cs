using System.Diagnostics;

namespace Gateway.Smtp.Transport;

/// <summary>Memory that all connections share, counted and not measured: who wants some asks first. Safe on all threads.</summary>
/// <param name="maxOctets">All there is.</param>
internal sealed class MemoryBudget(long maxOctets)
{
    /// <summary>
    /// To be taken for each message in flight, besides its connection's input: the envelope (100 recipients of 254 octets are 50 KB as text), what admission found out, decoder, hash and
    /// event.
    /// </summary>
    public const int MessageOctets = 64 * 1024;

    private const int TightParts = 8;

    private readonly long _tightFrom = maxOctets - (maxOctets / TightParts);
    private long _held;

    /// <summary>Octets that are taken.</summary>
    public long HeldOctets => Volatile.Read(ref _held);

    /// <summary>An eighth or less is left: no new connections, so that those that are there come to their end.</summary>
    public bool IsTight => HeldOctets >= _tightFrom;

    /// <summary>False when there are not so many left; then none are taken.</summary>
    public bool TryTake(int octets)
    {
        Debug.Assert(octets >= 0);
        for (var held = HeldOctets; ;)
        {
            if (octets > maxOctets - held)
            {
                return false;
            }

            var before = Interlocked.CompareExchange(ref _held, held + octets, held);
            if (before == held)
            {
                return true;
            }

            held = before;
        }
    }

    /// <summary>Gives back what was taken, once.</summary>
    public void Release(int octets)
    {
        var held = Interlocked.Add(ref _held, -octets);
        Debug.Assert(held >= 0, "More was given back than taken");
    }
}
