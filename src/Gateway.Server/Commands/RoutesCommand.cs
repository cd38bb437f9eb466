using System.CommandLine;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Local.Files;

namespace Gateway.Server.Commands;

/// <summary><c>gateway routes check FILE</c>: says all that is wrong with a configuration document before it is put to use.</summary>
internal static class RoutesCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The configuration document." };

    public static Command Build()
    {
        var check = new Command("check", "Check a configuration document: every error at once, and recipients that no route takes.") { File };
        check.SetAction(CheckAsync);
        return new("routes", "Work with configuration documents.") { check };
    }

    private static async Task<int> CheckAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var path = parsed.GetValue(File)!;
        if (await ReadAsync(path, error, cancel) is not { } text)
        {
            return ExitCode.Configuration;
        }

        var result = ConfigurationDocument.Parse(text.Octets);
        foreach (var problem in result.Errors)
        {
            await error.WriteLineAsync($"{path}: {problem}");
        }

        foreach (var warning in result.Warnings)
        {
            await output.WriteLineAsync($"{path}: warning: {warning}");
        }

        if (result.Configuration is not { } configuration)
        {
            await error.WriteLineAsync($"{path}: {result.Errors.Length} {(result.Errors.Length == 1 ? "error" : "errors")}");
            return ExitCode.Configuration;
        }

        await output.WriteLineAsync(
            $"{path}: valid; {configuration.Domains.Length} domains, {configuration.Endpoints.Length} endpoints, {configuration.Routes.Length} routes");
        return ExitCode.Ok;
    }

    private static async Task<ConfigurationText?> ReadAsync(string path, TextWriter error, CancellationToken cancel)
    {
        try
        {
            if (await new FileConfigurationSource(path).ReadAsync(cancel) is { } text)
            {
                return text;
            }

            await error.WriteLineAsync($"gateway: {path} is not there");
        }
        catch (IOException e)
        {
            await error.WriteLineAsync($"gateway: {path} cannot be read: {e.Message.TrimEnd('.')}");
        }

        return null;
    }
}
