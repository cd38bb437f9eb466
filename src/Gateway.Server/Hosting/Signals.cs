using System.Runtime.InteropServices;

namespace Gateway.Server.Hosting;

/// <summary>Ctrl+C and SIGTERM as a wish to stop. A second one ends the process at once, for who does not want to wait.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Signals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
    ];

    public CancellationToken Stop => _stop.Token;

    /// <summary>Completes at the first signal.</summary>
    public async Task WaitAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _stop.Token.Register(stopped.SetResult);
        await stopped.Task;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // Not cancelled the second time: the runtime then does what the signal says.
        context.Cancel = !_stop.IsCancellationRequested;
        if (context.Cancel)
        {
            _stop.Cancel();
        }
    }
}
