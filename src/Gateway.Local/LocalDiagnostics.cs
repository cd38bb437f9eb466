using System.Diagnostics;

namespace Gateway.Local;

/// <summary>
/// Named points of the durable path, for tools that attach by <see cref="DiagnosticListener"/> "Gateway.Local": the crash tests end the
/// process at them. Without a subscriber a point costs one comparison.
/// </summary>
internal static class LocalDiagnostics
{
    private static readonly DiagnosticListener Listener = new("Gateway.Local");

    public static void Write(string point)
    {
        if (Listener.IsEnabled(point))
        {
            Listener.Write(point, null);
        }
    }
}
