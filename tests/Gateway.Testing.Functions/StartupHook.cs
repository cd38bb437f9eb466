using System.Diagnostics;

/// <summary>
/// Run by the runtime in the worker, before its own code: ends it when the host is gone. A worker does not see to that itself, not even when its
/// stream breaks. The runtime wants this name, and no namespace.
/// </summary>
internal static class StartupHook
{
    public static void Initialize() => new Thread(EndWithHost) { IsBackground = true, Name = "end with the host" }.Start();

    private static void EndWithHost()
    {
        using var input = Console.OpenStandardInput();
        while (input.Read(new byte[1]) > 0)
        {
            // The host holds the other end, and writes nothing.
        }

        using var worker = Process.GetCurrentProcess();
        worker.Kill();
    }
}
