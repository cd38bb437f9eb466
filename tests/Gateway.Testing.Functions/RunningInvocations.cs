namespace Gateway.Testing.Functions;

/// <summary>Invocations that no processor counts.</summary>
internal sealed class RunningInvocations
{
    private readonly List<Task> _tasks = [];

    public Task Add(Task invocation)
    {
        lock (_tasks)
        {
            _tasks.RemoveAll(task => task.IsCompleted);
            _tasks.Add(invocation);
        }

        return invocation;
    }

    /// <summary>Done when those that run now have ended, well or not.</summary>
    public async Task IdleAsync()
    {
        Task all;
        lock (_tasks)
        {
            all = Task.WhenAll(_tasks);
        }

        await all.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
