using System.CommandLine;

namespace Gateway.Server.Commands;

/// <summary><c>--data DIR</c>, the same for every command that has it.</summary>
internal static class DataDirectoryOption
{
    public static Option<string?> Build()
    {
        var option = TextArgument.Option("--data", "DIR", "Directory in which mail and queues are kept.", TextArgument.Path);
        option.DefaultValueFactory = _ => ".gateway";
        return option;
    }
}
