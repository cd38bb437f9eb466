using System.CommandLine;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Local.Files;

namespace Gateway.Server.Commands;

/// <summary><c>gateway routes check FILE</c>: says all that is wrong with a configuration document before it is put to use.</summary>
internal static class RoutesCommand
{
    private static readonly Argument<string> File = new("FILE")
    {
        Description = "The configuration document.",
        CustomParser = result =>
        {
            if (result.Tokens is [{ Value.Length: > 0 } token])
            {
                return token.Value;
            }

            result.AddError("FILE must name a file");
            return "";
        },
    };

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

        var domains = Count(configuration.Domains.Length, "domain");
        var endpoints = Count(configuration.Endpoints.Length, "endpoint");
        await output.WriteLineAsync($"{path}: valid; {domains}, {endpoints}, {Count(configuration.Routes.Length, "route")}");
        return ExitCode.Ok;
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";

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
            var reason = Directory.Exists(path) ? "it is a directory" : e.Message.TrimEnd('.');
            await error.WriteLineAsync($"gateway: {path} cannot be read: {reason}");
        }

        return null;
    }
}
