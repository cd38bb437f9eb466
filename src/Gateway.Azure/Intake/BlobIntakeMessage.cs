using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Azure.Intake;

/// <summary>One message on its way in: in memory while it is small and memory is not short, in staged blocks from then on.</summary>
internal sealed class BlobIntakeMessage : IIntakeMessage
{
    /// <summary>For the removal of a message that was judged and not taken; past it the container's lifecycle rule does it.</summary>
    private static readonly TimeSpan DeleteTimeout = TimeSpan.FromSeconds(5);

    private readonly BlobIntake _intake;
    private readonly MessageId _id;
    private readonly MessageBlob _blob;
    private readonly StagingBuffer _buffer;
    private Segments? _whole;
    private SegmentStream? _reading;
    private bool _isFinished;
    private bool _isStored;
    private bool _mayBeCommitted;

    public BlobIntakeMessage(BlobIntake intake, MessageId id, MessageBlob blob)
    {
        (_intake, _id, _blob) = (intake, id, blob);
        _buffer = new(intake.Budget, blob.StageAsync);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        try
        {
            await _buffer.WriteAsync(octets, cancel);
        }
        catch (Exception e)
        {
            throw Failure(AzureMetrics.Blob, e);
        }
    }

    public async ValueTask<Stream> SealAsync(CancellationToken cancel)
    {
        using var deadline = new CommitDeadline(_intake, cancel);
        try
        {
            await FinishAsync(deadline.Token);
            if (_whole is not null)
            {
                return _reading = new(_whole);
            }

            await StoreAsync(deadline.Token);
            return await _blob.OpenReadAsync(deadline.Token);
        }
        catch (Exception e)
        {
            throw Failure(AzureMetrics.Blob, e);
        }
    }

    public async ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel)
    {
        _mayBeCommitted = true;
        var item = ToMessage(received);
        var began = _intake.Clock.GetTimestamp();
        using var deadline = new CommitDeadline(_intake, cancel);
        try
        {
            await FinishAsync(deadline.Token);
            await StoreAsync(deadline.Token);
        }
        catch (Exception e)
        {
            throw Failure(AzureMetrics.Blob, e);
        }

        Release(); // the event may take its time, and others need the memory
        _intake.Metrics.Stored(_intake.Clock.GetElapsedTime(began));
        began = _intake.Clock.GetTimestamp();
        try
        {
            using var span = AzureTelemetry.Source.StartActivity("event.send", System.Diagnostics.ActivityKind.Producer);
            await _intake.Events.SendAsync(item, deadline.Token);
        }
        catch (Exception e)
        {
            throw Failure(AzureMetrics.Bus, e);
        }

        _intake.Metrics.Accepted(_intake.Clock.GetElapsedTime(began));
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        _buffer.Dispose();

        // Only what was judged and not taken. Once a commit began, an event may refer to the blob, and what a failed write left under the
        // name may even be another's: if nobody reads it, it is collected in time.
        if (_isStored && !_mayBeCommitted)
        {
            try
            {
                using var timeout = new CancellationTokenSource(DeleteTimeout, _intake.Clock);
                await _blob.DeleteAsync(timeout.Token);
            }
            catch (Exception e)
            {
                _intake.Logger.OrphanLeft(e, _id);
            }
        }
    }

    private async ValueTask FinishAsync(CancellationToken cancel)
    {
        if (!_isFinished)
        {
            _whole = await _buffer.FinishAsync(cancel);
            _isFinished = true;
        }
    }

    private async ValueTask StoreAsync(CancellationToken cancel)
    {
        if (_isStored)
        {
            return;
        }

        await (_whole is null ? _blob.CommitAsync(_buffer.Octets, cancel) : _blob.PutAsync(_whole, cancel));
        _isStored = true;
    }

    private void Release()
    {
        _reading?.Detach();
        _buffer.Release();
    }

    private StageMessage ToMessage(ReceivedEvent received)
    {
        try
        {
            return StageMessage.Of(received);
        }
        catch (InvalidOperationException e)
        {
            throw Failure(AzureMetrics.Bus, new Bus.EventException(Bus.EventFault.TooLarge, "The event is too large", e));
        }
    }

    private IntakeException Failure(string what, Exception cause)
    {
        (what, cause) = cause is MemoryShortException ? (AzureMetrics.Memory, cause.InnerException!) : (what, cause);
        var why = AzureFault.WhyOf(cause);
        _intake.Metrics.Failed(what, why);
        var fault = why == AzureFault.Full && what == AzureMetrics.Blob ? IntakeFault.Full : IntakeFault.Unavailable;
        return new(fault, $"The {what} failed: {why}", cause);
    }
}
