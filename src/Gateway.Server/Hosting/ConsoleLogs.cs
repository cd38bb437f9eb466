using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Server.Hosting;

/// <summary>Log lines for a person, on standard error; standard output is for what a command has to say.</summary>
internal static class ConsoleLogs
{
    public static void AddConsoleLogs(this ILoggingBuilder logging, LogLevel least)
    {
        logging.SetMinimumLevel(least);

        // The web server's own chatter about requests is not the gateway's story.
        logging.AddFilter("Microsoft", least > LogLevel.Warning ? least : LogLevel.Warning);

        // A start that failed is told by the command in one sentence; the host would log it again with a stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddSimpleConsole(format =>
        {
            format.SingleLine = true;
            format.TimestampFormat = "HH:mm:ss ";
            format.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
