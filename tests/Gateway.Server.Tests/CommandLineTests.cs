namespace Gateway.Server.Tests;

/// <summary>Help and mistakes: what somebody sees who does not know the program yet.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string, string> Helps => new()
    {
        { "gateway", "" },
        { "dev", "dev" },
        { "serve", "serve" },
        { "send", "send" },
        { "listen", "listen" },
        { "routes", "routes" },
        { "routes-check", "routes check" },
        { "endpoints", "endpoints" },
        { "endpoints-parked", "endpoints parked" },
        { "endpoints-resume", "endpoints resume" },
        { "users", "users" },
        { "users-hash", "users hash" },
        { "health", "health" },
    };

    /// <summary>Command line, then every line of the complaint.</summary>
    public static TheoryData<string[], string[]> Mistakes => new()
    {
        { [], ["a command is missing: dev, serve, send, listen, routes, endpoints, users or health"] },
        { ["bogus"], ["there is no command bogus, only dev, serve, send, listen, routes, endpoints, users or health"] },
        { ["--bogus"], ["there is no option --bogus"] },
        { ["routes"], ["a command is missing: check"] },
        { ["routes", "chekc"], ["there is no command chekc, only check"] },
        { ["routes", "check"], ["FILE is missing"] },
        { ["routes", "check", ""], ["FILE must name a file"] },
        { ["routes", "check", "a", "b"], ["b is not expected here"] },
        { ["dev", "extra"], ["extra is not expected here"] },
        { ["dev", "--prot", "25"], ["there is no option --prot"] },
        { ["dev", "--smtp"], ["--smtp needs a value: ADDRESS:PORT"] },
        { ["dev", "--smtp", "127.0.0.1:0", "--smtp", "127.0.0.1:0"], ["--smtp takes one value and has 2"] },
        { ["dev", "--smtp", "1025"], ["--smtp must be ADDRESS:PORT, such as 127.0.0.1:1025 or [::1]:1025"] },
        { ["dev", "--smtp", "127.0.0.1"], ["--smtp must be ADDRESS:PORT, such as 127.0.0.1:1025 or [::1]:1025"] },
        { ["dev", "--smtp", "127.0.0.1:65536"], ["--smtp must be ADDRESS:PORT, such as 127.0.0.1:1025 or [::1]:1025"] },
        { ["dev", "--http", "example.org:80"], ["--http must be ADDRESS:PORT, such as 127.0.0.1:1025 or [::1]:1025"] },
        { ["dev", "--smtp", "0.0.0.0:25"], ["--smtp 0.0.0.0:25 is not a loopback address: without a configuration mail is taken for anybody, so this needs --config FILE"] },
        { ["dev", "--config", "f", "--http", "0.0.0.0:80"], ["--http 0.0.0.0:80 is every address of this machine, which no link can name: this needs --public-url URL"] },
        { ["dev", "--public-url", "mail.example.org"], ["--public-url must be an http or https URL"] },
        { ["dev", "--http", "[::]:80"], ["--http [::]:80 is not a loopback address: without a configuration mail is taken for anybody, so this needs --config FILE"] },
        { ["dev", "--data", ""], ["--data must name a file or directory"] },
        { ["dev", "--config", ""], ["--config must name a file or directory"] },
        { ["dev", "--webhook", "example.org/mail"], ["--webhook must be an http or https URL without user name and fragment"] },
        { ["dev", "--webhook", "ftp://example.org"], ["--webhook must be an http or https URL without user name and fragment"] },
        { ["dev", "--webhook", "http://u:p@example.org"], ["--webhook must be an http or https URL without user name and fragment"] },
        { ["dev", "--retention", "7"], ["--retention must be a time from 1d to 3650d, such as 500ms, 2s, 30m, 12h or 7d"] },
        { ["dev", "--retention", "0s"], ["--retention must be a time from 1d to 3650d, such as 500ms, 2s, 30m, 12h or 7d"] },
        { ["dev", "--log-level", "3"], ["--log-level must be trace, debug, information, warning, error, critical or none"] },
        { ["dev", "--config", "f", "--webhook", "http://127.0.0.1:1", "--secret", Known.Secret],
            ["--webhook and --config do not go together: the configuration names its endpoints",
                "--secret and --config do not go together: the configuration names its secrets"] },
        { ["dev", "--smtp", "x", "--http", "0.0.0.0:0", "--webhook", "x", "--log-level", "x", "--retention", "x", "--bogus"],
            ["there is no option --bogus", "--smtp must", "--http 0.0.0.0:0 is not", "--webhook must", "--retention must", "--log-level must"] },
        { ["send", "--server", "x"], ["--server must be HOST:PORT, such as 127.0.0.1:1025"] },
        { ["send", "--server", "a b:25"], ["--server must be HOST:PORT, such as 127.0.0.1:1025"] },
        { ["send", "--repeat", "0"], ["--repeat must be 1 to 1000000"] },
        { ["send", "--repeat", "x"], ["--repeat must be 1 to 1000000"] },
        { ["send", "--parallel", "201"], ["--parallel must be 1 to 200"] },
        { ["send", "--from", "nobody"], ["--from must be an address, such as alice@example.org, and nobody is none"] },
        { ["send", "--to", "a", "--to", "", "--server", "x"], ["--to must", "--to must", "--server must"] },
        { ["send", ""], ["FILE must name a file"] },
        { ["users"], ["a command is missing: hash"] },
        { ["users", "hash", "--iterations", "4095"], ["--iterations must be 4096 to 1000000"] },
        { ["users", "hash", "--iterations", "1e6", "--name", "a b"], ["--name must be 1 to 128 letters, digits, '.', '_', '-', '+' or '@'", "--iterations must"] },
        { ["users", "hash", "--name"], ["--name needs a value: NAME"] },
        { ["users", "hash", "--name", ""], ["--name must be 1 to 128 letters"] },
        { ["listen"], ["--secret SECRET is required"] },
        { ["listen", "--secret", "", "--fail", "99", "--delay", "2h", "--http", ":1"],
            ["--http must", "--secret is not a webhook secret: it is empty", "--fail must be a status from 200 to 599", "--delay must be a time from 0s to 1h"] },
        { ["listen", "--secret", Known.Secret, "--fail", "503:0"], ["--fail must be a status from 200 to 599, and how often if not always: 503 or 503:2"] },
    };

    [Theory, MemberData(nameof(Helps))]
    public async Task Help_reads_as_in_the_file(string file, string command)
    {
        var (exit, output, errors) = await GatewayProcess.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        var expected = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Help", file + ".txt"), TestContext.Current.CancellationToken);
        Assert.Equal(expected.Trim(), output.Trim());
        Assert.Equal((0, ""), (exit, errors));
    }

    [Fact]
    public void Each_file_of_help_is_held() => Assert.Equal(
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Help")).Select(Path.GetFileNameWithoutExtension).Order(),
        Helps.Select(row => row.Data.Item1).Order());

    [Fact]
    public async Task Version_is_a_number_and_nothing_else()
    {
        var (exit, output, errors) = await GatewayProcess.RunAsync("--version");

        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", output);
        Assert.Equal((0, ""), (exit, errors));
    }

    [Theory, MemberData(nameof(Mistakes))]
    public async Task Every_mistake_gets_one_sentence(string[] arguments, string[] sentences)
    {
        var output = new StringWriter();
        var error = new StringWriter();

        var exit = await GatewayCommand.RunAsync(arguments, output, error);

        var lines = error.ToString().TrimEnd().Split('\n');
        Assert.Equal((ExitCode.Usage, ""), (exit, output.ToString()));
        Assert.Equal(sentences.Length + 1, lines.Length);
        Assert.All(sentences, (sentence, index) => Assert.StartsWith($"gateway: {sentence}", lines[index], StringComparison.Ordinal));
        Assert.Matches("^Try 'gateway ([a-z ]+ )?--help'.$", lines[^1]);
    }

    [Fact]
    public async Task A_mistake_reads_the_same_from_the_real_program()
    {
        var (exit, output, errors) = await GatewayProcess.RunAsync("routes", "check");

        Assert.Equal((2, "", "gateway: FILE is missing\nTry 'gateway routes check --help'.\n"), (exit, output, errors));
    }

    [Theory]
    [InlineData("dev", "--secret", "whsec_c2hvcnQ=")]
    [InlineData("listen", "--secret", "whsec_c2hvcnQ=")]
    [InlineData("dev", "whsec_c2hvcnQ=")]
    [InlineData("whsec_c2hvcnQ=")]
    [InlineData("listen", "--secrte", "whsec_c2hvcnQ=")]
    [InlineData("dev", "--secrte=whsec_c2hvcnQ=")]
    [InlineData("send", "--to", "whsec_c2hvcnQ=")]
    [InlineData("users", "hash", "c2hvcnQ")]
    [InlineData("users", "hash", "a", "c2hvcnQ")]
    [InlineData("users", "hash", "--password", "c2hvcnQ")]
    [InlineData("users", "hash", "--password=c2hvcnQ")]
    [InlineData("users", "hash", "-c2hvcnQ")]
    [InlineData("users", "hash", "--name", "a", "c2hvcnQ", "--iterations", "x")]
    public async Task A_secret_is_never_repeated(params string[] arguments)
    {
        var error = new StringWriter();

        Assert.Equal(ExitCode.Usage, await GatewayCommand.RunAsync(arguments, TextWriter.Null, error));
        Assert.DoesNotContain("c2hvcnQ", error.ToString(), StringComparison.Ordinal);
    }
}

/// <summary>What several tests use.</summary>
internal static class Known
{
    /// <summary>34 octets, and no secret of anybody's.</summary>
    public const string Secret = "whsec_dGhlLXRlc3RzLWtub3ctdGhpcy1zZWNyZXQtb2YtdGhlbQ==";

    /// <summary>What a leak would show.</summary>
    public const string SecretText = "dGhlLXRlc3RzLWtub3ctdGhpcy1zZWNyZXQtb2YtdGhlbQ";
}
