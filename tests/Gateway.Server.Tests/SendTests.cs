using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Server.Tests;

/// <summary>`gateway send`, against the gateway and against a server that keeps every octet.</summary>
public sealed class SendTests : IDisposable
{
    private const string Narrow = """
        { "version": 1, "domains": [{ "name": "in.example.com" }], "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "store": {} }] }] }
        """;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Several_files_go_to_several_recipients()
    {
        var one = _directory.Write("one.eml", "From: a@example.org\r\nTo: b@example.org\r\nSubject: first\r\n\r\n1\r\n");
        var two = _directory.Write("two.eml", "From: a@example.org\r\nTo: b@example.org\r\nSubject: second\r\n\r\n2\r\n");
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);

        var (exit, output, errors) = await GatewayProcess.RunAsync(
            "send", "--server", $"{dev.Smtp}", "--to", "x@in.example.com", "--to", "y@in.example.com", one, two);

        Assert.Equal((0, ""), (exit, errors));
        Assert.StartsWith("2 messages sent in ", output, StringComparison.Ordinal);
        foreach (var (recipient, subject) in new[] { ("x", "first"), ("y", "first"), ("x", "second"), ("y", "second") })
        {
            await dev.OutputLineAsync($"a@example.org → {recipient}@in.example.com  \"{subject}\"");
        }
    }

    [Fact]
    public async Task An_empty_from_is_the_null_reverse_path()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);

        Assert.Equal(0, (await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}", "--from", "")).ExitCode);

        await dev.OutputLineAsync("<> → support@in.example.com");
    }

    [Fact]
    public async Task A_file_with_bare_line_feeds_is_sent_with_CRLF_and_dots_are_stuffed()
    {
        var file = _directory.Write("unix.eml", "From: a@example.org\nTo: b@example.org\nSubject: unix\n\nhello\n.\n..two\nlast");
        using var catcher = new SmtpCatcher();

        var (exit, _, errors) = await GatewayProcess.RunAsync("send", "--server", catcher.Server, file);

        Assert.Equal((0, ""), (exit, errors));
        var said = await catcher.SaidAsync();
        Assert.Contains("MAIL FROM:<a@example.org>", said, StringComparison.Ordinal);
        Assert.Contains("RCPT TO:<b@example.org>", said, StringComparison.Ordinal);
        Assert.EndsWith(
            "DATA\r\nFrom: a@example.org\r\nTo: b@example.org\r\nSubject: unix\r\n\r\nhello\r\n..\r\n...two\r\nlast\r\n.\r\nQUIT\r\n", said, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?<!\r)\n", said);
    }

    [Fact]
    public async Task Repeat_and_parallel_multiply_and_a_long_run_is_one_clean_line_in_a_file()
    {
        using var deaf = Hooks.Deaf();
        await using var dev = await GatewayProcess.DevAsync(_directory.Data, "--webhook", deaf.Url(), "--log-level", "none");

        var (exit, output, errors) = await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}", "--repeat", "60", "--parallel", "5");

        Assert.Equal((0, ""), (exit, errors));
        Assert.Matches(@"^60 messages sent in [0-9.]+ m?s \(\d+ a second\)\n$", output);
    }

    [Fact]
    public async Task Tls_is_used_when_asked_for_and_is_an_error_where_it_is_not_offered()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);
        using var plain = new SmtpCatcher();

        Assert.Equal(0, (await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}", "--tls")).ExitCode);
        Assert.Contains("\"version\": \"TLSv1.", await dev.OutputLineAsync("TLSv1."), StringComparison.Ordinal);

        var (exit, output, errors) = await GatewayProcess.RunAsync("send", "--server", plain.Server, "--tls");
        Assert.Equal(1, exit);
        Assert.StartsWith("0 messages sent in ", output, StringComparison.Ordinal);
        Assert.Matches($@"^1 not sent: {plain.Server}: .*STARTTLS.*\n$", errors);
    }

    [Fact]
    public async Task A_refused_recipient_is_told_with_the_reply_and_counted()
    {
        var config = _directory.Write("narrow.json", Narrow);
        await using var dev = await GatewayProcess.DevAsync(_directory.Data, "--config", config);

        var (exit, output, errors) = await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}", "--to", "x@elsewhere.example", "--repeat", "3");

        Assert.Equal(1, exit);
        Assert.StartsWith("0 messages sent in ", output, StringComparison.Ordinal);
        Assert.Matches(@"^3 not sent: the sample message: 550 5\.\d\.\d+ .*\n$", errors);
    }

    [Fact]
    public async Task Nobody_listening_is_one_sentence()
    {
        using var deaf = Hooks.Deaf();

        var (exit, output, errors) = await GatewayProcess.RunAsync("send", "--server", $"{deaf.LocalEndPoint}", "--repeat", "2");

        Assert.Equal(1, exit);
        Assert.StartsWith("0 messages sent in ", output, StringComparison.Ordinal);
        Assert.Equal($"2 not sent: {deaf.LocalEndPoint}: Connection refused\n", errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("554 5.7.1 go away\r\n")]
    [InlineData("421 4.3.2 shutting down\r\n")]
    [InlineData("220 hello\r\n250 hello\r\n")]
    [InlineData("220 hello\r\n250 hello\r\n250 OK\r\n250 OK\r\n354 go on\r\n")]
    [InlineData("220 hello\r\n250 hello\r\n250 OK\r\n250 OK\r\n354 go on\r\n451 4.3.0 \u001b[31mtry again\r\n")]
    public async Task A_server_that_does_not_take_it_is_told_in_a_sentence(string says)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = SayAndHangUpAsync(listener, says);

        var (exit, output, errors) = await GatewayProcess.RunAsync("send", "--server", $"{listener.LocalEndpoint}");

        await served;
        Assert.Equal(1, exit);
        Assert.StartsWith("0 messages sent in ", output, StringComparison.Ordinal);
        Assert.Matches(@"^1 not sent: [^\n\u001b]{10,}\n$", errors);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static async Task SayAndHangUpAsync(TcpListener listener, string says)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        foreach (var line in says.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), TestContext.Current.CancellationToken);
            if (line != says.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])
            {
                _ = await stream.ReadAsync(new byte[64 * 1024], TestContext.Current.CancellationToken); // one command
            }
        }
    }

    [Fact]
    public async Task Every_file_that_cannot_be_sent_is_named()
    {
        var text = _directory.Write("text.eml", "hello");
        var nobody = _directory.Write("nobody.eml", "Subject: to nobody\n\n");
        var missing = _directory.File("none.eml");

        var (exit, output, errors) = await GatewayProcess.RunAsync("send", missing, _directory.Path, text, nobody, "--server", "127.0.0.1:9");

        Assert.Equal((2, ""), (exit, output));
        Assert.Equal(
            $"""
            gateway: {missing} cannot be read: it is not there
            gateway: {_directory.Path} cannot be read: it is a directory
            gateway: {text} is not a message: it does not begin with header fields
            gateway: {nobody} has no recipients; name them with --to

            """,
            errors);
    }
}
