namespace Gateway.Azure.Intake;

/// <summary>The caller's token and the commit's own time, whichever ends first.</summary>
internal sealed class CommitDeadline : IDisposable
{
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _both;

    public CommitDeadline(BlobIntake intake, CancellationToken cancel)
    {
        _timeout = new(intake.CommitTimeout, intake.Clock);
        _both = CancellationTokenSource.CreateLinkedTokenSource(cancel, _timeout.Token);
    }

    public CancellationToken Token => _both.Token;

    public void Dispose()
    {
        _both.Dispose();
        _timeout.Dispose();
    }
}
