using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;

namespace Gateway.Server.Tests;

/// <summary>How `gateway dev` starts, and how it says that it cannot.</summary>
public sealed class DevStartTests : IDisposable
{
    private const string Valid = """
        { "version": 1, "domains": [{ "name": "in.example.com" }], "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "store": {} }] }] }
        """;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_webhook_url_with_an_escape_in_it_is_taken_as_it_is()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data, "--webhook", "http://127.0.0.1:1/a%20b?c=%2F");

        Assert.Contains("\"url\": \"http://127.0.0.1:1/a%20b?c=%2F\"", await File.ReadAllTextAsync(Path.Combine(_directory.Data, "dev-configuration.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Banner_says_where_it_listens_and_how_to_try_it()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);

        Assert.Contains($"  SMTP      {dev.Smtp} (plain and STARTTLS)\n", dev.Output, StringComparison.Ordinal);
        Assert.Contains($"  HTTP      {dev.Http} (", dev.Output, StringComparison.Ordinal);
        Assert.Contains($"  data      {_directory.Data}\n", dev.Output, StringComparison.Ordinal);
        Assert.Contains($"  routes    {_directory.Data}/dev-configuration.json (every recipient of every domain)\n", dev.Output, StringComparison.Ordinal);
        Assert.Contains("  webhooks  to the built-in receiver; shown here\n", dev.Output, StringComparison.Ordinal);
        Assert.Contains($"Try it:     gateway send --server {dev.Smtp}\n", dev.Output, StringComparison.Ordinal);
        Assert.Contains("Stop it:    Ctrl+C\n", dev.Output, StringComparison.Ordinal);
        Assert.Equal("", dev.Errors);
    }

    [Fact]
    public async Task The_first_message_after_the_banner_is_delivered_at_once()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);

        var sent = await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}");

        Assert.Equal((0, ""), (sent.ExitCode, sent.Errors));
        var story = await dev.OutputLineAsync("all → dev");
        Assert.Contains("alice@example.org → support@in.example.com  \"Hello from the gateway\"", story, StringComparison.Ordinal);
        Assert.Matches(@"not evaluated  all → dev  delivered, 200 in \d", story);
        Assert.Contains(": signature valid, ", dev.Output, StringComparison.Ordinal);
        Assert.Equal("", dev.Errors);
    }

    [Fact]
    public async Task A_secret_that_was_made_is_kept()
    {
        string first;
        await using (var dev = await GatewayProcess.DevAsync(_directory.Data))
        {
            first = dev.Labelled("secret");
            await dev.SignalAsync("TERM");
            Assert.Equal(0, await dev.ExitAsync());
        }

        await using var again = await GatewayProcess.DevAsync(_directory.Data);
        Assert.StartsWith("whsec_", first, StringComparison.Ordinal);
        Assert.Equal(first, again.Labelled("secret"));
    }

    [Fact]
    public async Task A_secret_that_was_given_is_used_and_kept()
    {
        await using (var dev = await GatewayProcess.DevAsync(_directory.Data, "--secret", Known.Secret))
        {
            Assert.Equal(Known.Secret, dev.Labelled("secret"));
            await dev.SignalAsync("TERM");
            await dev.ExitAsync();
        }

        await using var again = await GatewayProcess.DevAsync(_directory.Data);
        Assert.Equal(Known.Secret, again.Labelled("secret"));
    }

    [Theory]
    [InlineData("--smtp", "SMTP")]
    [InlineData("--http", "HTTP")]
    public async Task A_port_in_use_is_named(string option, string word)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var other = option == "--smtp" ? "--http" : "--smtp";

        var (exit, output, errors) = await GatewayProcess.RunAsync(
            "dev", option, $"{taken.LocalEndpoint}", other, "127.0.0.1:0", "--data", _directory.Data);

        Assert.Equal((4, "", $"gateway: {word} cannot listen on {taken.LocalEndpoint}: address already in use\n"), (exit, output, errors));
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_data_is_refused()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);
        var configuration = await File.ReadAllTextAsync(_directory.File("data/dev-configuration.json"), TestContext.Current.CancellationToken);

        var (exit, output, errors) = await RunDevAsync("--secret", Known.Secret);

        Assert.Equal((4, "", $"gateway: The data directory {_directory.Data} is in use by another gateway; stop it or choose another one\n"), (exit, output, errors));
        Assert.Equal(configuration, await File.ReadAllTextAsync(_directory.File("data/dev-configuration.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Data_that_cannot_be_made_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc takes no directories, whoever asks; other systems have no such place");

        var (exit, _, errors) = await GatewayProcess.RunAsync("dev", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", "/proc/x");

        Assert.Equal(4, exit);
        OneSentence("gateway: The data directory /proc/x cannot be ", errors);
    }

    [Fact]
    public async Task Data_that_is_a_file_is_named()
    {
        _directory.Write("data", "");

        var (exit, _, errors) = await RunDevAsync();

        Assert.Equal(4, exit);
        OneSentence($"gateway: The data directory {_directory.Data} cannot be ", errors);
    }

    [Theory]
    [InlineData("webhook-secret")]
    [InlineData("dev-configuration.json")]
    public async Task A_directory_in_the_place_of_a_file_of_ours_is_named(string name)
    {
        Directory.CreateDirectory(_directory.File($"data/{name}"));

        var (exit, _, errors) = await RunDevAsync("--secret", Known.Secret);

        Assert.Equal(4, exit);
        OneSentence($"gateway: The file {_directory.Data}/{name} cannot be ", errors);
    }

    [Fact]
    public async Task A_kept_secret_that_is_damaged_is_named_and_not_shown()
    {
        Directory.CreateDirectory(_directory.Data);
        _directory.Write("data/webhook-secret", "whsec_damaged");

        var (exit, _, errors) = await RunDevAsync();

        Assert.Equal(4, exit);
        OneSentence($"gateway: The file {_directory.Data}/webhook-secret holds no webhook secret: ", errors);
        Assert.DoesNotContain("damaged", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corrupt_database_is_named()
    {
        Directory.CreateDirectory(_directory.Data);
        _directory.Write("data/gateway.db", new string('x', 10_000));

        var (exit, _, errors) = await RunDevAsync();

        Assert.Equal(4, exit);
        OneSentence($"gateway: The database {_directory.Data}/gateway.db cannot be used: ", errors);
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_left_alone()
    {
        Directory.CreateDirectory(_directory.Data);
        await using (var connection = new SqliteConnection($"Data Source={_directory.Data}/gateway.db;Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        var (exit, _, errors) = await RunDevAsync();

        Assert.Equal(4, exit);
        OneSentence($"gateway: The database {_directory.Data}/gateway.db has version 99 and this program knows up to ", errors);
    }

    [Fact]
    public async Task A_configuration_that_is_not_there_is_named()
    {
        var (exit, _, errors) = await RunDevAsync("--config", _directory.File("none.json"));

        Assert.Equal((3, $"gateway: The configuration {_directory.File("none.json")} is not there\n"), (exit, errors));
    }

    [Fact]
    public async Task A_configuration_that_is_a_directory_is_named()
    {
        var (exit, _, errors) = await RunDevAsync("--config", _directory.Path);

        Assert.Equal((3, $"gateway: The configuration {_directory.Path} cannot be read: it is a directory\n"), (exit, errors));
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_read_is_named()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "who runs the tests may read every file");
        var path = _directory.Write("closed.json", Valid);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.None);
        }

        var (exit, _, errors) = await RunDevAsync("--config", path);

        Assert.Equal(3, exit);
        OneSentence($"gateway: The configuration {path} cannot be read: ", errors);
    }

    [Fact]
    public async Task Every_error_of_a_configuration_is_told_once()
    {
        var path = _directory.Write("bad.json", """{ "version": 2, "domains": [{ "nam": "x" }], "routes": [] }""");

        var (exit, output, errors) = await RunDevAsync("--config", path);

        var lines = errors.TrimEnd().Split('\n');
        Assert.Equal((3, ""), (exit, output));
        Assert.Equal($"gateway: The configuration {path} is not valid:", lines[0]);
        Assert.Contains("  version: must be 1, the only version there is", lines);
        Assert.Contains("  domains[0].name: is missing", lines);
        Assert.Equal(lines.Length, lines.Distinct().Count());
        Assert.All(lines[1..], line => Assert.StartsWith("  ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_configuration_it_may_listen_everywhere_and_shows_no_secret()
    {
        var path = _directory.Write("good.json", Valid);
        await using var dev = GatewayProcess.Start("dev", "--smtp", "0.0.0.0:0", "--http", "0.0.0.0:0", "--public-url", "https://mail.example.org/gateway", "--data", _directory.Data, "--config", path);
        await dev.OutputLineAsync("Stop it:");

        await using var client = await SmtpDialogue.OpenAsync(new(IPAddress.Loopback, dev.Smtp.Port));

        Assert.StartsWith("221", await client.SayAsync("QUIT"), StringComparison.Ordinal);
        Assert.Contains($"  routes    {path}\n", dev.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", dev.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("  secret", dev.Output, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output, string Errors)> RunDevAsync(params string[] arguments) =>
        GatewayProcess.RunAsync(["dev", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", _directory.Data, .. arguments]);

    private static void OneSentence(string start, string errors)
    {
        Assert.StartsWith(start, errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(character => character == '\n'));
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }
}
