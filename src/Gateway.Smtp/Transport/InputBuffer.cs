using System.Buffers;
using System.Diagnostics;

namespace Gateway.Smtp.Transport;

/// <summary>What was received and not yet consumed, in one pooled buffer that is held while there is something in it and counted in the budget.</summary>
/// <param name="budget">Null: not counted.</param>
internal sealed class InputBuffer(MemoryBudget? budget)
{
    public const int Octets = 64 * 1024;

    private byte[]? _octets;
    private bool _hasShare; // of the budget
    private bool _keepsShare;
    private int _start;
    private int _end;

    public Memory<byte> Unread => _octets.AsMemory(_start, _end - _start);

    public bool IsEmpty => _start == _end;

    /// <summary>The last read took all there was room for, so more is probably there.</summary>
    public bool IsFilledUp { get; private set; }

    public void Consume(int octets)
    {
        Debug.Assert(octets <= _end - _start);
        _start += octets;
    }

    /// <summary>Room behind what is unread. False: the budget has none.</summary>
    public bool TryMakeRoom(out Memory<byte> room)
    {
        if (_octets is null)
        {
            if (!TryTakeShare())
            {
                room = default;
                return false;
            }

            _octets = ArrayPool<byte>.Shared.Rent(Octets);
        }

        if (_start > 0)
        {
            _octets.AsSpan(_start.._end).CopyTo(_octets);
            (_start, _end) = (0, _end - _start);
        }

        room = _octets.AsMemory(_end);
        return true;
    }

    /// <summary>So many octets were received into the room that was made.</summary>
    public void Add(int octets)
    {
        _end += octets;
        IsFilledUp = _end == _octets!.Length;
    }

    /// <summary>Throws away what is unread.</summary>
    public void Release()
    {
        if (_octets is not null)
        {
            ArrayPool<byte>.Shared.Return(_octets);
            _octets = null;
        }

        (_start, _end, IsFilledUp) = (0, 0, false);
        ReleaseShare();
    }

    /// <summary>Whether its share of the budget stays taken while there is nothing in it: what has begun is not to fail for the want of it.</summary>
    public void KeepShare(bool keep)
    {
        _keepsShare = keep;
        if (_octets is null)
        {
            ReleaseShare();
        }
    }

    private bool TryTakeShare() => _hasShare = _hasShare || budget is null || budget.TryTake(Octets);

    private void ReleaseShare()
    {
        if (_hasShare && !_keepsShare)
        {
            _hasShare = false;
            budget?.Release(Octets);
        }
    }
}
