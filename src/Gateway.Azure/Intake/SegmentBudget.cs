using System.Buffers;

namespace Gateway.Azure.Intake;

/// <summary>The memory that all messages on their way in share, in segments.</summary>
/// <remarks>
/// How much one message may collect before it must stage what it has follows the dynamic threshold of switch buffers: an eighth of what is
/// free. That alone divides the memory and frees none: clients that stall keep what they sent. So when somebody has to wait, those who wait
/// for their client are made to stage what they hold, the biggest first; and who waits for memory holds none, because it staged first.
/// Whatever is held is then on its way to the store, or in a commit that has a deadline, and everybody's turn comes.
/// </remarks>
internal sealed class SegmentBudget(long octets, AzureMetrics metrics)
{
    public const int SegmentOctets = 64 * 1024;

    /// <summary>The most that goes to the store as one block.</summary>
    public const int BlockOctets = 4 * 1024 * 1024;

    private const int Share = 8;
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly HashSet<StagingBuffer> _holders = [];
    private int _free = (int)(octets / SegmentOctets);
    private int _leaving;
    private volatile bool _isShort;

    /// <summary>Segments that one message may collect now.</summary>
    public int Limit => Math.Clamp(Volatile.Read(ref _free) / Share, 1, BlockOctets / SegmentOctets);

    /// <summary>Somebody waits for memory.</summary>
    public bool IsShort => _isShort;

    /// <summary>Null when there is none now.</summary>
    public byte[]? TryTake(StagingBuffer holder)
    {
        lock (_lock)
        {
            if (_free == 0 || _waiting.Count > 0)
            {
                return null;
            }

            _free--;
            _holders.Add(holder);
        }

        return Rent();
    }

    /// <summary>Waits its turn; <paramref name="holder"/> may hold nothing meanwhile.</summary>
    /// <exception cref="MemoryShortException">The turn did not come in time.</exception>
    public async ValueTask<byte[]> TakeAsync(StagingBuffer holder, CancellationToken cancel)
    {
        if (TryTake(holder) is { } segment)
        {
            return segment;
        }

        LinkedListNode<TaskCompletionSource> turn;
        lock (_lock)
        {
            turn = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _holders.Add(holder);
            HandOut();
        }

        metrics.Waited();
        Relieve();
        await using (cancel.UnsafeRegister(_ => GiveUp(turn, cancel), null))
        {
            try
            {
                await turn.Value.Task;
            }
            catch (OperationCanceledException e)
            {
                throw new MemoryShortException(e);
            }
        }

        return Rent();
    }

    /// <summary>Segments begin to leave for the store: no need to press others for as many.</summary>
    public void Leaves(int segments)
    {
        lock (_lock)
        {
            _leaving += segments;
        }
    }

    /// <summary>Takes segments back; nobody reads them any more.</summary>
    /// <param name="segments">What is empty afterwards.</param>
    /// <param name="left">They had been announced by <see cref="Leaves"/>.</param>
    public void Give(Segments segments, bool left)
    {
        var arrays = segments.Clear();
        foreach (var segment in arrays)
        {
            ArrayPool<byte>.Shared.Return(segment);
        }

        metrics.Held(-(long)arrays.Length * SegmentOctets);
        lock (_lock)
        {
            _leaving -= left ? arrays.Length : 0;
            _free += arrays.Length;
            HandOut();
        }

        if (IsShort)
        {
            Relieve();
        }
    }

    public void Forget(StagingBuffer holder)
    {
        lock (_lock)
        {
            _holders.Remove(holder);
        }
    }

    /// <summary>While somebody waits, makes messages whose clients are silent stage what they hold.</summary>
    public void Relieve()
    {
        var pressed = new List<StagingBuffer>();
        lock (_lock)
        {
            var missing = _waiting.Count - _leaving;
            if (missing <= 0)
            {
                return;
            }

            foreach (var holder in _holders.Where(holder => holder.IsIdle).OrderByDescending(holder => holder.Held))
            {
                pressed.Add(holder);
                missing -= holder.Held;
                if (missing <= 0)
                {
                    break;
                }
            }
        }

        foreach (var holder in pressed)
        {
            holder.StageIfIdle();
        }
    }

    private void HandOut()
    {
        while (_free > 0 && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            _free--;
            first.Value.SetResult();
        }

        _isShort = _waiting.Count > 0;
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancel)
    {
        lock (_lock)
        {
            if (turn.List is not null)
            {
                _waiting.Remove(turn);
                _isShort = _waiting.Count > 0;
                turn.Value.SetCanceled(cancel);
            }
        }
    }

    private byte[] Rent()
    {
        metrics.Held(SegmentOctets);
        return ArrayPool<byte>.Shared.Rent(SegmentOctets);
    }
}

/// <summary>A message got no memory in time.</summary>
internal sealed class MemoryShortException(OperationCanceledException cause) : Exception("The memory for messages on their way in is used up", cause);
