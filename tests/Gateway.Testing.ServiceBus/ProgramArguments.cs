using System.Globalization;

namespace Gateway.Testing.ServiceBus;

/// <summary>What the program was told on its command line.</summary>
/// <remarks>Without <c>Options</c> it is to print <c>Text</c> and to end with <c>ExitCode</c>.</remarks>
internal sealed record ProgramArguments(BrokerOptions? Options, string Text, int ExitCode)
{
    public const int Failed = 1;

    private const int Misused = 2;
    private const int DefaultPort = 5672;

    private const string Usage =
        """
        Usage: Gateway.Testing.ServiceBus [--port NUMBER] [--key TEXT]

          --port NUMBER   port on 127.0.0.1; 0: any that is free (default 5672)
          --key TEXT      shared access key (default: a new one at each start)
        """;

    public static ProgramArguments Parse(IReadOnlyList<string> arguments)
    {
        var options = new BrokerOptions { Port = DefaultPort };
        for (var index = 0; index < arguments.Count; index += 2)
        {
            var name = arguments[index];
            if (name is "--help" or "-h")
            {
                return new(null, Usage, 0);
            }

            if (name is not ("--port" or "--key"))
            {
                return Misuse($"\"{name}\" is not understood.");
            }

            if (index + 1 == arguments.Count)
            {
                return Misuse($"{name} needs a value.");
            }

            var value = arguments[index + 1];
            if (name == "--key")
            {
                options = options with { Key = value };
            }
            else if (ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            {
                options = options with { Port = port };
            }
            else
            {
                return Misuse("--port takes a number from 0 to 65535.");
            }
        }

        return new(options, "", 0);
    }

    /// <summary>What the program says when it listens.</summary>
    public static string Welcome(BrokerOptions options, string connectionString) =>
        $"""
        Queues: {string.Join(", ", options.Queues.Select(queue => queue.Name))}
        Connection string:

          {connectionString}

        For trying things out on this one machine only: it listens on 127.0.0.1 without encryption, and whoever can read the key may do everything.
        All is kept in memory: what the queues hold is gone when the program ends. Ctrl+C ends it.
        """;

    private static ProgramArguments Misuse(string why) => new(null, $"{why}{Environment.NewLine}{Environment.NewLine}{Usage}", Misused);
}
