using System.Collections.Concurrent;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Smtp.Tests;

/// <summary>One message as it was committed.</summary>
internal sealed record Committed(ReceivedEvent Event, byte[] Raw);

/// <summary>
/// Stands in for the disk: keeps in memory what was committed. At each point it can be told to do something else first, e.g. to wait or
/// to fail as a disk does.
/// </summary>
internal sealed class MemoryIntake : IIntake
{
    public ConcurrentQueue<Committed> Committed { get; } = new();

    /// <summary>Opened and neither committed nor abandoned.</summary>
    public int Open => _open;

    public Func<CancellationToken, ValueTask>? OnOpen { get; set; }

    public Func<CancellationToken, ValueTask>? OnWrite { get; set; }

    public Func<CancellationToken, ValueTask>? OnCommit { get; set; }

    private int _open;

    public async ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel)
    {
        await (OnOpen?.Invoke(cancel) ?? ValueTask.CompletedTask);
        Interlocked.Increment(ref _open);
        return new Message(this);
    }

    private sealed class Message(MemoryIntake intake) : IIntakeMessage
    {
        private readonly MemoryStream _raw = new();

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
        {
            await (intake.OnWrite?.Invoke(cancel) ?? ValueTask.CompletedTask);
            _raw.Write(octets.Span);
        }

        public ValueTask<Stream> SealAsync(CancellationToken cancel) => new(new MemoryStream(_raw.ToArray(), writable: false));

        public async ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel)
        {
            await (intake.OnCommit?.Invoke(cancel) ?? ValueTask.CompletedTask);
            intake.Committed.Enqueue(new(received, _raw.ToArray()));
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref intake._open);
            return ValueTask.CompletedTask;
        }
    }
}
