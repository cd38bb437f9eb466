using Microsoft.Extensions.Logging;

namespace Gateway.Azure;

/// <summary>Log messages of the room itself, 5900 to 5999.</summary>
internal static partial class Log
{
    [LoggerMessage(5900, LogLevel.Warning, "Not ready: {Dependency} cannot be reached")]
    public static partial void DependencyDown(this ILogger logger, Exception error, string dependency);
}
