using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests;

internal static class FakeTime
{
    /// <summary>Moves the clock second by second until the task is done: the server may be anywhere between two waits when a step is made.</summary>
    public static async Task<T> PassUntilAsync<T>(this FakeTimeProvider clock, Task<T> task)
    {
        await clock.PassUntilAsync(() => task.IsCompleted);
        return await task;
    }

    /// <summary>A real moment for what the last step set going, so that the clock does not run far ahead of it. No outcome depends on its length.</summary>
    public static Task GiveWayAsync() => Task.Delay(1, TestContext.Current.CancellationToken);

    public static async Task PassUntilAsync(this FakeTimeProvider clock, Func<bool> isDone)
    {
        while (!isDone())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(1));
            await GiveWayAsync();
        }
    }
}
