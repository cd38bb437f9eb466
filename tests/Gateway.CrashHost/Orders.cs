namespace Gateway.CrashHost;

/// <summary>What the test tells this process by its standard input.</summary>
internal static class Orders
{
    /// <summary>From now on occurrences count.</summary>
    private const string Arm = "arm";

    /// <summary>Reads orders in the background. At the end of input the test is gone, and this process must not outlive it.</summary>
    public static void Obey(Action arm)
    {
        var reader = new Thread(() =>
        {
            while (Console.In.ReadLine() is { } order)
            {
                if (order == Arm)
                {
                    arm();
                }
            }

            Environment.Exit(1);
        })
        {
            IsBackground = true,
            Name = "orders",
        };
        reader.Start();
    }
}
