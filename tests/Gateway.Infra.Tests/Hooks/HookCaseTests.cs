namespace Gateway.Infra.Tests.Hooks;

/// <summary>Every case in both shells: they say and do the same, to the letter.</summary>
public class HookCaseTests
{
    public static TheoryData<string, HookShell> Cases()
    {
        var cases = new TheoryData<string, HookShell>();
        foreach (var name in HookCase.Names())
        {
            cases.Add(name, HookShell.Sh);
            cases.Add(name, HookShell.Pwsh);
        }

        return cases;
    }

    // With GATEWAY_WRITE_CASES=1 the sh runs write what they did into the files, for a person to read over.
    [Theory, MemberData(nameof(Cases))]
    public async Task Hooks_say_and_do_what_the_case_says(string name, HookShell shell)
    {
        var given = HookCase.Read(name);
        using var sandbox = new HookSandbox([.. given.Without]);
        sandbox.Answer(given.Answers);

        var result = await sandbox.RunAsync(shell, given.Hook, given.Settings);

        var actual = HookCase.Describe(result, sandbox);
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_CASES") == "1" && shell == HookShell.Sh)
        {
            await File.WriteAllTextAsync(given.File, given.Given + actual, TestContext.Current.CancellationToken);
            return;
        }

        Assert.Equal(given.Expected, actual);
        Assert.DoesNotContain("whsec_", (result.Output + result.Error).Replace("whsec_ and", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", sandbox.Calls, StringComparison.Ordinal);
        Assert.Empty(sandbox.Left);
    }
}
