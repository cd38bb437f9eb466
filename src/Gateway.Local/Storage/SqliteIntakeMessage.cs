using System.Buffers;
using System.Runtime.CompilerServices;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Local.Storage;

/// <summary>One message on its way in: in a pooled buffer while it is small, in a file from then on.</summary>
internal sealed class SqliteIntakeMessage(SqliteIntake intake, MessageId id) : IIntakeMessage
{
    private const int FirstBufferOctets = 8 * 1024;

    private byte[]? _buffer;
    private SafeFileHandle? _file;
    private FileStream? _sealed;
    private long _octets;
    private bool _mayBeCommitted;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        if (_file is null && _octets + octets.Length <= SqliteIntake.MaxRowOctets)
        {
            Append(octets.Span);
            return;
        }

        try
        {
            await WriteToFileAsync(octets, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageFault.ToIntakeException(e);
        }
    }

    public async ValueTask<Stream> SealAsync(CancellationToken cancel)
    {
        if (_file is null)
        {
            return new MemoryStream(_buffer ?? [], 0, (int)_octets, writable: false);
        }

        try
        {
            await LeaveSocketThread();
            _sealed = new(intake.PathOf(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, useAsync: true);
            return _sealed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageFault.ToIntakeException(e);
        }
    }

    public async ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel)
    {
        try
        {
            if (_file is not null)
            {
                await LeaveSocketThread();
                RandomAccess.FlushToDisk(_file);
                _file.Dispose();
                intake.FlushNames();
                if (!File.Exists(intake.PathOf(id)))
                {
                    throw new IOException("The file is gone"); // somebody, or a sweep after a clock was set, took it for a leftover
                }

                LocalDiagnostics.Write("raw.synced");
            }

            _mayBeCommitted = true;
            await intake.CommitAsync(received, _file is null ? _buffer ?? [] : null, (int)Math.Min(_octets, int.MaxValue), cancel);
        }
        catch (OperationCanceledException e)
        {
            _buffer = null; // the commit thread may still read it: it must not go back to the pool and hold another message's octets
            throw new IntakeException(IntakeFault.Unavailable, "The commit took too long", e);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _mayBeCommitted &= !StorageFault.IsCertain(e);
            throw StorageFault.ToIntakeException(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _sealed?.Dispose();
        if (_file is not null)
        {
            _file.Dispose();

            // Once a commit may have been made, a row may name the file: if none does, it is swept in time.
            if (!_mayBeCommitted)
            {
                await LeaveSocketThread();
                File.Delete(intake.PathOf(id));
            }
        }

        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    private void Append(ReadOnlySpan<byte> octets)
    {
        var needed = (int)_octets + octets.Length;
        if (_buffer is null || _buffer.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferOctets, needed));
            _buffer.AsSpan(0, (int)_octets).CopyTo(larger);
            if (_buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = larger;
        }

        octets.CopyTo(_buffer.AsSpan((int)_octets));
        _octets = needed;
    }

    private async ValueTask WriteToFileAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        if (_file is null)
        {
            await LeaveSocketThread();
            _file = File.OpenHandle(intake.PathOf(id), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
            await RandomAccess.WriteAsync(_file, _buffer.AsMemory(0, (int)_octets), 0, cancel);
        }

        await RandomAccess.WriteAsync(_file, octets, _octets, cancel);
        _octets += octets.Length;
    }

    /// <summary>What follows may block on the disk, so it must not run where sockets are served.</summary>
    private static ConfiguredTaskAwaitable LeaveSocketThread() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
