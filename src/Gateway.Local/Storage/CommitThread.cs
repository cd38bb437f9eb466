using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Gateway.Local.Storage;

/// <summary>
/// The one writer. What waits is written in one transaction and synced once, so fifty waiting sessions cost one sync; a change that
/// fails fails alone. It has a thread of its own because a sync blocks and no socket thread may.
/// </summary>
internal sealed class CommitThread : IDisposable
{
    /// <summary>Most changes in one transaction: bounds how long the first of them waits for the others.</summary>
    private const int MaxGroup = 256;

    private readonly SqliteConnection _connection;
    private readonly BlockingCollection<Change> _waiting = new(new ConcurrentQueue<Change>());
    private readonly Thread _thread;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly WriteScope _scope;

    public CommitThread(SqliteConnection connection)
    {
        _connection = connection;
        _scope = new(this);
        _thread = new(Run) { Name = "gateway-commit", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Raised on this thread after each group: how many changes it held, and how long it took with its sync.</summary>
    public event Action<int, TimeSpan>? Committed;

    /// <summary>Completes when the change is durable. It may run more than once, each time on the state before it.</summary>
    /// <param name="change">Reads and writes in its transaction; runs on this thread.</param>
    /// <param name="cancel">Ends the waiting, not the change: whether it is made is then unknown.</param>
    /// <exception cref="SqliteException">It was not made; on an I/O error while committing it may have been.</exception>
    /// <exception cref="ObjectDisposedException">The database is closed.</exception>
    public async ValueTask<T> WriteAsync<T>(Func<WriteScope, T> change, CancellationToken cancel = default)
    {
        var waiting = new Change<T>(change);
        try
        {
            _waiting.Add(waiting, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(CommitThread));
        }

        return await waiting.Completion.WaitAsync(cancel);
    }

    /// <summary>Finishes what waits, then closes the connection.</summary>
    public void Dispose()
    {
        if (!_waiting.IsAddingCompleted)
        {
            _waiting.CompleteAdding();
            _thread.Join();
            foreach (var command in _commands.Values)
            {
                command.Dispose();
            }

            _connection.Dispose();
            _waiting.Dispose();
        }
    }

    private void Run()
    {
        var group = new List<Change>(MaxGroup);
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            group.Add(first);
            while (group.Count < MaxGroup && _waiting.TryTake(out var next))
            {
                group.Add(next);
            }

            Commit(group);
            group.Clear();
        }
    }

    private void Commit(List<Change> group)
    {
        var started = Stopwatch.GetTimestamp();
        var failure = TryCommit(group);
        if (failure is null)
        {
            group.ForEach(change => change.Complete());
            Committed?.Invoke(group.Count, Stopwatch.GetElapsedTime(started));
        }
        else if (failure.IsOfOneChange && group.Count > 1)
        {
            CommitOneByOne(group);
        }
        else
        {
            group.ForEach(change => change.Fail(failure.Cause));
        }
    }

    /// <summary>Until the database itself fails: then the rest fails with it, rather than each waiting for the same lock or disk.</summary>
    private void CommitOneByOne(List<Change> group)
    {
        Failure? ofAll = null;
        foreach (var change in group)
        {
            var failure = ofAll ?? TryCommit([change]);
            if (failure is null)
            {
                change.Complete();
                continue;
            }

            change.Fail(failure.Cause);
            ofAll ??= failure.IsOfOneChange ? null : failure;
        }
    }

    /// <summary>Null when the transaction is durable.</summary>
    private Failure? TryCommit(List<Change> group)
    {
        var inChange = false;
        try
        {
            _scope.Execute("BEGIN IMMEDIATE");
            inChange = true;
            group.ForEach(change => change.Run(_scope));
            inChange = false;
            LocalDiagnostics.Write("database.committing");
            _scope.Execute("COMMIT");
            LocalDiagnostics.Write("database.committed");
            return null;
        }
        catch (Exception e)
        {
            Rollback();
            return new(e, inChange && !StorageFault.IsOfDatabase(e));
        }
    }

    private void Rollback()
    {
        try
        {
            _scope.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself (disk full, I/O error): there is no transaction to end.
        }
    }

    /// <param name="Cause">What was thrown.</param>
    /// <param name="IsOfOneChange">Others in the group may fare better; false: the lock, the disk or the file is at fault.</param>
    private sealed record Failure(Exception Cause, bool IsOfOneChange);

    /// <summary>What a change writes with; only valid while it runs.</summary>
    internal sealed class WriteScope(CommitThread owner)
    {
#pragma warning disable CA2100 // every text is a constant of this room
        /// <summary>A prepared statement, made once for each text. Parameters are set by the caller, all of them, each time.</summary>
        public SqliteCommand Statement(string sql)
        {
            if (!owner._commands.TryGetValue(sql, out var command))
            {
                command = owner._connection.CreateCommand();
                command.CommandText = sql;
                owner._commands.Add(sql, command);
            }

            command.Parameters.Clear();
            return command;
        }
#pragma warning restore CA2100

        public int Execute(string sql) => Statement(sql).ExecuteNonQuery();
    }

    private abstract class Change
    {
        public abstract void Run(WriteScope scope);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Change<T>(Func<WriteScope, T> change) : Change
    {
        // Continuations run elsewhere: the next group must not wait for what a session does with its 250.
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Completion => _completion.Task;

        public override void Run(WriteScope scope) => _result = change(scope);

        public override void Complete() => _completion.SetResult(_result);

        public override void Fail(Exception failure) => _completion.SetException(failure);
    }
}
