using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>
/// One run of a hook, as a file: lines "# what it shows", "NAME=VALUE" (settings beside the usual ones; without a value it is taken away), "az ANSWER" and
/// "without PROGRAM", then "== exit N", "== output", "== error" and "== az" with what must come of it.
/// </summary>
internal sealed class HookCase
{
    // What azd gives to hooks after a provision.
    private static readonly Dictionary<string, string> Usual = new(StringComparer.Ordinal)
    {
        ["AZURE_ENV_NAME"] = "mail",
        ["AZURE_RESOURCE_GROUP"] = "rg-mail",
        ["AZURE_SUBSCRIPTION_ID"] = "00000000-0000-0000-0000-000000000001",
        ["MAIL_DOMAINS"] = "in.example.com",
        ["MX_HOST"] = "mx.in.example.com",
        ["MX_ADDRESS"] = "192.0.2.25",
        ["DNS_RECORDS"] = """[{"name":"in.example.com.","type":"MX","ttl":300,"value":"10 mx.in.example.com.","purpose":"mail for in.example.com","optional":false},{"name":"mx.in.example.com.","type":"A","ttl":300,"value":"192.0.2.25","purpose":"the gateway","optional":false}]""",
        ["STORAGE_ACCOUNT_NAME"] = "stmail",
        ["CONFIGURATION_CONTAINER"] = "config",
        ["KEY_VAULT_NAME"] = "kv-mail",
        ["SERVICE_BUS_NAME"] = "sb-mail",
        ["HOOK_RETRY_SECONDS"] = "0",
    };

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Gateway.Infra.Tests", "Hooks", "Cases");

    public required string File { get; init; }

    public required string Hook { get; init; }

    public Dictionary<string, string> Settings { get; } = new(Usual, StringComparer.Ordinal);

    public List<string> Answers { get; } = [];

    public List<string> Without { get; } = [];

    /// <summary>The lines before "==", as they stand.</summary>
    public string Given { get; private set; } = "";

    /// <summary>All from "==" on.</summary>
    public string Expected { get; private set; } = "";

    public static IEnumerable<string> Names() =>
        Directory.GetFiles(Folder, "*.case", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file)[..^".case".Length].Replace('\\', '/')).Order(StringComparer.Ordinal);

    public static HookCase Read(string name)
    {
        var result = new HookCase { File = Path.Combine(Folder, name + ".case"), Hook = name.Split('/')[0] };
        var text = System.IO.File.ReadAllText(result.File);
        var at = text.IndexOf("== exit", StringComparison.Ordinal);
        (result.Given, result.Expected) = at < 0 ? (text, "") : (text[..at], text[at..]);
        foreach (var line in result.Given.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            result.Add(line);
        }

        return result;
    }

    /// <summary>What came of a run, in the form of the file.</summary>
    public static string Describe(EndedProcess result, HookSandbox sandbox) =>
        $"== exit {result.ExitCode}\n== output\n{result.Output}== error\n{result.Errors}== az\n{sandbox.Calls}";

    private void Add(string line)
    {
        if (line.StartsWith("az ", StringComparison.Ordinal))
        {
            Answers.Add(line[3..]);
        }
        else if (line.StartsWith("without ", StringComparison.Ordinal))
        {
            Without.Add(line[8..]);
        }
        else if (line.Split('=', 2) is [var name, var value] && value.Length > 0)
        {
            Settings[name] = value;
        }
        else
        {
            Settings.Remove(line.TrimEnd('='));
        }
    }
}
