using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Storage;

namespace Gateway.CrashHost;

/// <summary>
/// The mistake that the crash tests exist for: a commit that is said to be done when it has only begun. In all other respects it is the
/// real intake, and as long as nothing crashes nobody can tell the two apart.
/// </summary>
internal sealed class LyingIntake(SqliteIntake honest) : IIntake
{
    public async ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel) =>
        new LyingIntakeMessage(await honest.OpenAsync(id, cancel));

    private sealed class LyingIntakeMessage(IIntakeMessage honest) : IIntakeMessage
    {
        private Task _commit = Task.CompletedTask;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel) => honest.WriteAsync(octets, cancel);

        public ValueTask<Stream> SealAsync(CancellationToken cancel) => honest.SealAsync(cancel);

        public ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel)
        {
            _commit = honest.CommitAsync(received, CancellationToken.None).AsTask();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _ = FinishAsync();
            return ValueTask.CompletedTask;
        }

        private async Task FinishAsync()
        {
            try
            {
                await _commit;
            }
            finally
            {
                await honest.DisposeAsync();
            }
        }
    }
}
