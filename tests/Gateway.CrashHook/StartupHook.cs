using System.Globalization;
using Gateway.CrashHost;

/// <summary>
/// Runs before Main of any .NET program that <c>DOTNET_STARTUP_HOOKS</c> names it to: so a program that is built as it is shipped ends by SIGKILL at
/// the point that <c>CRASH_AT</c> names, when it comes there for the <c>CRASH_AFTER</c>th time.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("CRASH_AT") is { Length: > 0 } point)
        {
            var points = new CrashPoints(point, int.Parse(Environment.GetEnvironmentVariable("CRASH_AFTER") ?? "1", CultureInfo.InvariantCulture));
            points.Watch();
            points.Arm();
        }
    }
}
