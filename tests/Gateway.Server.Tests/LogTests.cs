using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Tests;

/// <summary>What goes to standard error, and what never goes anywhere.</summary>
public sealed class LogTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_story_is_on_standard_output_and_logs_are_on_standard_error()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data, "--log-level", "Information");

        await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}");

        await dev.OutputLineAsync("delivered, 200");
        await dev.ErrorLineAsync("Delivered dlv_");
        Assert.Contains("info: Gateway.Smtp[1000] Listening for SMTP (Mx) on ", dev.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("info:", dev.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("→", dev.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("example.org", dev.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Level_none_is_silent_and_warning_tells_a_failed_attempt()
    {
        using var deaf = Hooks.Deaf();
        foreach (var (level, silent) in new[] { ("none", true), ("warning", false) })
        {
            await using var dev = await GatewayProcess.DevAsync(_directory.File(level), "--webhook", deaf.Url(), "--log-level", level);

            await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}");

            await dev.OutputLineAsync("again in");
            await dev.SignalAsync("TERM");
            await dev.ExitAsync();
            Assert.Equal(silent, dev.Errors.Length == 0);
        }
    }

    [Fact]
    public async Task The_secret_stands_in_the_banner_and_nowhere_else()
    {
        using var deaf = Hooks.Deaf();
        await using var wrong = GatewayProcess.Start("listen", "--http", "127.0.0.1:0", "--secret", WebhookSecret.New());
        var unauthorized = (await wrong.OutputLineAsync("receives webhooks at ")).Split(' ')[^1];
        var outputs = new List<string>();
        foreach (var (name, webhook, outcome) in new[]
        {
            ("built-in", null, "delivered, 200"),
            ("refused", deaf.Url(), "again in"),
            ("unauthorized", unauthorized, "answered 401; again in"),
        })
        {
            await using var dev = await GatewayProcess.DevAsync(
                _directory.File(name), ["--secret", Known.Secret, "--log-level", "trace", .. webhook is null ? Array.Empty<string>() : ["--webhook", webhook]]);
            await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}");
            await dev.OutputLineAsync(outcome);

            // A reload that fails, and one whose document holds a secret where a reference belongs.
            await BreakConfigurationAsync(dev, _directory.File($"{name}/dev-configuration.json"));
            await dev.SignalAsync("TERM");
            Assert.Equal(0, await dev.ExitAsync());
            outputs.Add(dev.Output);
            outputs.Add(dev.Errors);
        }

        var lines = outputs.SelectMany(text => text.Split('\n')).ToList();
        Assert.Equal(
            Enumerable.Repeat($"  secret    {Known.Secret}", 3), lines.Where(line => line.Contains(Known.SecretText, StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("trce:", StringComparison.Ordinal) || line.Contains("dbug:", StringComparison.Ordinal));
        Assert.DoesNotContain(Known.SecretText, wrong.Output + wrong.Errors, StringComparison.Ordinal);
    }

    private static async Task BreakConfigurationAsync(GatewayProcess dev, string path)
    {
        var document = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var start = document.IndexOf("file:", StringComparison.Ordinal);
        var broken = document.Remove(start, document.IndexOf('"', start) - start).Insert(start, Known.Secret);
        await File.WriteAllTextAsync(path + ".new", broken, TestContext.Current.CancellationToken);
        File.Move(path + ".new", path, overwrite: true);
        await dev.ErrorLineAsync("the last good one stays in force");
    }
}
