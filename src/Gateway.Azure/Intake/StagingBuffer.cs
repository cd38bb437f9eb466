using System.Runtime.ExceptionServices;

namespace Gateway.Azure.Intake;

/// <summary>
/// Collects one message's octets and stages them, a block at a time, when it may hold no more. What never had to be staged is whole in
/// memory at the end.
/// </summary>
/// <remarks>
/// Used by one caller at a time; between its calls <see cref="StageIfIdle"/> may come from anywhere. The block that is being staged outlives
/// the call that began it, so it ends with the message and not with a caller's token.
/// </remarks>
internal sealed class StagingBuffer(SegmentBudget budget, Func<Segments, CancellationToken, Task> stage) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _gone = new();
    private Segments _filling = new();
    private Task _staging = Task.CompletedTask;
    private Exception? _failure;
    private volatile bool _isBusy;
    private volatile bool _isStaging;

    /// <summary>Segments that are not on their way to the store.</summary>
    public int Held => _filling.Count;

    /// <summary>Octets written so far.</summary>
    public long Octets { get; private set; }

    /// <summary>It waits for its client and could stage what it holds; true now may be false in a moment.</summary>
    public bool IsIdle => !_isBusy && _filling.Octets > 0 && !_isStaging;

    /// <exception cref="MemoryShortException">There was no memory in time.</exception>
    /// <exception cref="OperationCanceledException">The wait for the block before was given up.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        Enter();
        try
        {
            ThrowIfFailed();
            while (!octets.IsEmpty)
            {
                if (_filling.Room == 0)
                {
                    await GrowAsync(cancel);
                }

                var copied = _filling.Append(octets.Span);
                Octets += copied;
                octets = octets[copied..];
            }
        }
        finally
        {
            lock (_lock)
            {
                _isBusy = false; // seen by whoever waits from now on, before it is asked whether somebody does
            }

            if (budget.IsShort)
            {
                budget.Relieve();
            }
        }
    }

    /// <summary>Ends the writing. The whole message, when all of it is in memory; null, when all of it is staged.</summary>
    public async ValueTask<Segments?> FinishAsync(CancellationToken cancel)
    {
        Enter(); // and stays so: nobody may stage what a commit reads
        ThrowIfFailed();
        if (_filling.Octets == Octets)
        {
            return _filling;
        }

        await DrainAsync(cancel);
        return null;
    }

    /// <summary>Gives back what is held, when nobody reads it any more; nothing is written afterwards.</summary>
    public void Release()
    {
        Enter(); // nobody may begin to stage what goes back to the pool
        budget.Give(_filling, left: false);
    }

    /// <summary>Stages what is held if no call is under way, so that others get the memory; drops it when the message has failed already.</summary>
    public void StageIfIdle()
    {
        Segments? useless = null;
        lock (_lock)
        {
            if (IsIdle && _failure is null)
            {
                StartStaging();
            }
            else if (IsIdle)
            {
                (useless, _filling) = (_filling, new());
            }
        }

        if (useless is not null)
        {
            budget.Give(useless, left: false);
        }
    }

    /// <summary>Ends a staging that is under way and gives the memory back.</summary>
    public void Dispose()
    {
        Release();
        budget.Forget(this);
        _gone.Cancel();
    }

    private void Enter()
    {
        lock (_lock)
        {
            _isBusy = true;
        }
    }

    private async ValueTask GrowAsync(CancellationToken cancel)
    {
        if (_filling.Count >= budget.Limit)
        {
            await _staging.WaitAsync(cancel);
            ThrowIfFailed();
            StartStaging();
        }

        if (budget.TryTake(this) is { } segment)
        {
            _filling.Add(segment);
            return;
        }

        await DrainAsync(cancel); // who waits for memory holds none
        _filling.Add(await budget.TakeAsync(this, cancel));
    }

    private async ValueTask DrainAsync(CancellationToken cancel)
    {
        await _staging.WaitAsync(cancel);
        ThrowIfFailed();
        if (_filling.Octets > 0)
        {
            StartStaging();
            await _staging.WaitAsync(cancel);
            ThrowIfFailed();
        }
    }

    private void StartStaging()
    {
        var block = _filling;
        _filling = new();
        _isStaging = true;
        budget.Leaves(block.Count);
        _staging = StageAsync(block);
    }

    private async Task StageAsync(Segments block)
    {
        await Task.Yield(); // not under the lock of who called, nor on the thread of another message's client
        try
        {
            await stage(block, _gone.Token);
        }
        catch (Exception e)
        {
            _failure = e;
        }
        finally
        {
            _isStaging = false; // before the memory is handed out: if it is not enough, this message may be asked for more
            budget.Give(block, left: true);
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }
}
