using System.Diagnostics;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>The hooks as texts.</summary>
public class SourceTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "infra", "hooks");

    [Fact]
    public async Task Shell_scripts_pass_shellcheck_as_POSIX()
    {
        var (code, output) = await RunAsync(HookShells.Need("shellcheck"), ["--shell=sh", .. Directory.GetFiles(Folder, "*.sh"), StandIn]);

        Assert.True(code == 0, output);
    }

    [Fact]
    public void Shell_scripts_can_be_started_by_azd()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no such modes");
        foreach (var file in Directory.GetFiles(Folder, "*.sh"))
        {
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute), file);
            Assert.Equal("#!/bin/sh", File.ReadLines(file).First());
        }
    }

    [Fact]
    public void Each_hook_is_there_for_both_systems() =>
        Assert.Equal(Directory.GetFiles(Folder, "*.sh").Select(Path.GetFileNameWithoutExtension).Append("dns-records").Order(), Directory.GetFiles(Folder, "*.ps1").Select(Path.GetFileNameWithoutExtension).Order());

    [Fact]
    public async Task PowerShell_reads_its_scripts()
    {
        const string Parse = """
            foreach ($file in $args) {
                $errors = $null
                [void][Management.Automation.Language.Parser]::ParseFile($file, [ref]$null, [ref]$errors)
                foreach ($fault in $errors) { "${file}: $fault" }
            }
            """;
        using var directory = new TestDirectory();
        var files = Directory.GetFiles(Folder, "*.ps1");
        Assert.NotEmpty(files);

        var pwsh = HookShell.Pwsh.Command();
        var (code, output) = await RunAsync(pwsh[0], [.. pwsh[1..], directory.Write("parse.ps1", Parse), .. files]);

        Assert.Equal((0, ""), (code, output.Trim()));
    }

    // Old Windows PowerShell reads a file without a mark in the system's code page, and terminals show what they like; a CR makes sh look for a program that ends in one.
    [Fact]
    public void Scripts_are_plain_ASCII_in_lines_that_end_with_LF() =>
        Assert.All(Directory.GetFiles(Folder), file => Assert.All(File.ReadAllBytes(file), octet => Assert.True(octet is (byte)'\n' or (>= (byte)' ' and <= (byte)'~'), $"{file}: {octet}")));

    // Whatever a checkout's own settings are.
    [Fact]
    public void Git_gives_them_out_with_LF_everywhere() =>
        Assert.Contains("* text=auto eol=lf", File.ReadLines(Path.Combine(Repository.Root, ".gitattributes")));

    private static string StandIn => Path.Combine(Repository.Root, "tests", "Gateway.Infra.Tests", "Hooks", "az");

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"; // not every machine has ICU
        var (code, output, errors) = await EndedProcess.RunAsync(start, Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
        return (code, output + errors);
    }
}
