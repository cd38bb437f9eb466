namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Waits for what the server does by itself, with its clock standing still.</summary>
internal static class Moment
{
    /// <summary>By then a test has failed. Nothing depends on how long it is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task WhenAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            await FakeTime.GiveWayAsync();
        }
    }
}
