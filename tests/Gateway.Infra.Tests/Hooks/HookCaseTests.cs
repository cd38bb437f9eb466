namespace Gateway.Infra.Tests.Hooks;

/// <summary>Every case in every shell: they say and do the same, to the letter.</summary>
public class HookCaseTests
{
    // PowerShell takes a second to begin, so that most of its cases are slow ones.
    private static readonly string[] Soon = ["by-hand", "counted", "first", "isolated", "mistakes", "nothing-known", "nothing-set", "records", "roles", "store"];

    public static IEnumerable<TheoryDataRow<string, HookShell>> Cases(bool slow) =>
        from name in HookCase.Names()
        from shell in Enum.GetValues<HookShell>()
        where slow == (shell == HookShell.Pwsh && !Soon.Contains(name.Split('/')[1]))
        select new TheoryDataRow<string, HookShell>(name, shell);

    [Theory, MemberData(nameof(Cases), false)]
    public Task Hooks_say_and_do_what_the_case_says(string name, HookShell shell) => CheckAsync(name, shell);

    [Theory, MemberData(nameof(Cases), true), Trait("Category", "slow")]
    public Task Hooks_say_and_do_what_the_rest_of_the_cases_says(string name, HookShell shell) => CheckAsync(name, shell);

    // With GATEWAY_WRITE_CASES=1 the sh runs write what they did into the files, for a person to read over.
    private static async Task CheckAsync(string name, HookShell shell)
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
        Assert.DoesNotContain("whsec_", (result.Output + result.Errors).Replace("whsec_ and", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", sandbox.Calls, StringComparison.Ordinal);
        Assert.Empty(sandbox.Left);
    }
}
