using Gateway.Azure.Tables;
using Microsoft.Extensions.Logging;

namespace Gateway.Functions;

/// <summary>Log messages of the functions, 6000 to 6099. Next free: 6001.</summary>
internal static partial class FunctionLog
{
    public static void Swept(this ILogger logger, TableSweepCounts counts) => logger.Swept(counts.States, counts.ActivityTables);

    [LoggerMessage(6000, LogLevel.Information, "Deleted {States} expired states and {Tables} tables of old activity")]
    private static partial void Swept(this ILogger logger, int states, int tables);
}
