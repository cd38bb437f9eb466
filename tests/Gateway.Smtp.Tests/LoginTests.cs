using System.Text;
using Gateway.Smtp.Tests.Protocol;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests;

/// <summary>AUTH over a socket, octet for octet.</summary>
public sealed class LoginTests
{
    private const string Challenge = "334 ";
    private const string In = "235 2.7.0 ";
    private const string Wrong = "535 5.7.8 ";
    private const string Malformed = "501 5.5.2 ";
    private const string Cancelled = "501 5.7.0 ";

    private static readonly string Username = $"334 {B64("Username:")}";
    private static readonly string Password = $"334 {B64("Password:")}";

    /// <summary>Lines of the client, each with how the reply to it begins; after all of them the connection still works.</summary>
    public static TheoryData<string, string[]> Dialogues => new()
    {
        { "plain at once", [$"AUTH PLAIN {B64("\0app-1\0pencil")}", In] },
        { "plain after a challenge", ["AUTH PLAIN", Challenge, B64("\0app-1\0pencil"), In] },
        { "plain with its own authzid", [$"AUTH PLAIN {B64("app-1\0app-1\0pencil")}", In] },
        { "plain in any case and with spaces", [$"AUTH  plain   {B64("\0app-1\0pencil")}  ", In] },
        { "a password of UTF-8, as sent", [$"AUTH PLAIN {B64("\0app-2\0r\u00e4tsel")}", In] },
        { "the same password spelled apart is another", [$"AUTH PLAIN {B64("\0app-2\0ra\u0308tsel")}", Wrong] },
        { "login", ["AUTH LOGIN", Username, B64("app-1"), Password, B64("pencil"), In] },
        { "login with the name at once", [$"AUTH LOGIN {B64("app-1")}", Password, B64("pencil"), In] },
        { "login with an empty name at once", ["AUTH LOGIN =", Password, B64("pencil"), Malformed] },
        { "wrong password", [$"AUTH PLAIN {B64("\0app-1\0pencils")}", Wrong] },
        { "wrong case of the password", [$"AUTH PLAIN {B64("\0app-1\0Pencil")}", Wrong] },
        { "wrong case of the name", [$"AUTH PLAIN {B64("\0APP-1\0pencil")}", Wrong] },
        { "unknown name", [$"AUTH PLAIN {B64("\0nobody\0pencil")}", Wrong] },
        { "another's password", [$"AUTH LOGIN {B64("app-2")}", Password, B64("pencil"), Wrong] },
        { "authzid of another", [$"AUTH PLAIN {B64("app-2\0app-1\0pencil")}", Wrong] },
        { "authzid of another, who is nobody", [$"AUTH PLAIN {B64("admin\0app-1\0pencil")}", Wrong] },
        { "plain without a password", [$"AUTH PLAIN {B64("\0app-1\0")}", Malformed] },
        { "plain of NULs", [$"AUTH PLAIN {B64("\0\0\0\0")}", Malformed] },
        { "an empty initial response", ["AUTH PLAIN =", Malformed] },
        { "an empty response", ["AUTH PLAIN", Challenge, "", Malformed] },
        { "'=' means empty in the command only", ["AUTH PLAIN", Challenge, "=", Malformed] },
        { "no base64", ["AUTH PLAIN", Challenge, "app-1 pencil", Malformed] },
        { "no base64 at once", ["AUTH PLAIN app-1:pencil", Malformed] },
        { "base64 without padding", [$"AUTH PLAIN {B64("\0app-1\0pencil").TrimEnd('=')}", Malformed] },
        { "base64 in two words", [$"AUTH PLAIN {B64("\0app-1\0pencil").Insert(4, " ")}", Malformed] },
        { "base64 with a tab", ["AUTH PLAIN", Challenge, B64("\0app-1\0pencil").Insert(4, "\t"), Malformed] },
        { "NULs instead of base64", ["AUTH PLAIN", Challenge, "\0\0\0\0", Malformed] },
        { "octets above ASCII instead of base64", ["AUTH LOGIN", Username, "\u00e4\u00e4\u00e4\u00e4", Malformed] },
        { "cancelled", ["AUTH PLAIN", Challenge, "*", Cancelled] },
        { "cancelled half-way", [$"AUTH LOGIN {B64("app-1")}", Password, "*", Cancelled] },
        { "cancelled at once", ["AUTH PLAIN *", Cancelled] },
        { "two stars are no cancel", ["AUTH PLAIN", Challenge, "**", Malformed] },
        { "a command is no response", ["AUTH LOGIN", Username, "QUIT", Password, "NOOP", Wrong] }, // both are base64, as it happens
        { "no mechanism", ["AUTH", "501 5.5.4 "] },
        { "unknown mechanisms", ["AUTH CRAM-MD5", "504 5.5.4 ", "AUTH SCRAM-SHA-256-PLUS biws", "504 5.5.4 ", "AUTH PLAIN\0 x", "500 5.5.2 "] },
        { "the longest response", ["AUTH PLAIN", Challenge, new string('A', 12_284), Malformed] },
        { "the longest response is counted with its CRLF", ["AUTH PLAIN", Challenge, new string('A', 12_286), Malformed] },
        { "a longer response", ["AUTH PLAIN", Challenge, new string('A', 12_287), "500 5.5.6 "] },
        { "a much longer response", ["AUTH LOGIN", Username, new string('A', 60_000), "500 5.5.6 "] },
        { "scram with nothing", ["AUTH SCRAM-SHA-256", Challenge, "", Malformed] },
        { "scram with a channel binding", [$"AUTH SCRAM-SHA-256 {B64("p=tls-unique,,n=app-1,r=abc")}", Malformed] },
        { "scram cancelled", [$"AUTH SCRAM-SHA-256 {B64("n,,n=app-1,r=abc")}", Challenge, "*", Cancelled] },
        { "scram without a proof", [$"AUTH SCRAM-SHA-256 {B64("n,,n=app-1,r=abc")}", Challenge, B64("c=biws,r=abc"), Malformed] },
        { "scram with an old nonce", [$"AUTH SCRAM-SHA-256 {B64("n,,n=app-1,r=abc")}", Challenge, B64($"c=biws,r=abc,p={new string('A', 43)}="), Wrong] },
        { "again after a failure", [$"AUTH PLAIN {B64("\0app-1\0x")}", Wrong, $"AUTH PLAIN {B64("\0app-1\0pencil")}", In] },
        { "not again after a success", [$"AUTH PLAIN {B64("\0app-1\0pencil")}", In, $"AUTH PLAIN {B64("\0app-1\0pencil")}", "503 5.5.1 ", "AUTH", "503 5.5.1 "] },
    };

    [Theory, MemberData(nameof(Dialogues))]
    public async Task Each_line_has_its_reply(string name, string[] lines)
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        foreach (var exchange in lines.Chunk(2))
        {
            var reply = await client.AskAsync(exchange[0]);
            Assert.True(reply.StartsWith(exchange[1], StringComparison.Ordinal), $"{name}: {exchange[0]} was answered {reply}");
        }

        Assert.Equal(lines.Contains(In), await server.WhoAsync(client) != "nobody");
        Assert.StartsWith("221 ", await client.AskAsync("QUIT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scram_lets_in_who_knows_the_password_and_signs_for_it()
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var (first, final, signature) = await BeginScramAsync(client, "app-1", "pencil");
        Assert.Equal($"334 {B64(signature)}", await client.AskAsync(B64(final)));
        Assert.Equal("nobody", await OtherAsync(server));
        Assert.StartsWith(In, await client.AskAsync(""), StringComparison.Ordinal);
        Assert.Equal("app-1", await server.WhoAsync(client));

        await using var replaying = await server.ConnectAsync(); // the same messages once more
        Assert.StartsWith(Challenge, await replaying.AskAsync($"AUTH SCRAM-SHA-256 {B64(first)}"), StringComparison.Ordinal);
        Assert.StartsWith(Wrong, await replaying.AskAsync(B64(final)), StringComparison.Ordinal);
        Assert.Equal("nobody", await server.WhoAsync(replaying));
    }

    [Fact]
    public async Task Scram_that_is_cancelled_at_the_last_step_lets_nobody_in()
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var (_, final, _) = await BeginScramAsync(client, "app-1", "pencil");
        Assert.StartsWith(Challenge, await client.AskAsync(B64(final)), StringComparison.Ordinal);
        Assert.StartsWith(Cancelled, await client.AskAsync("*"), StringComparison.Ordinal);
        Assert.Equal("nobody", await server.WhoAsync(client));
    }

    [Fact]
    public async Task Scram_looks_the_same_for_a_user_and_for_nobody()
    {
        await using var server = await AuthServer.StartAsync();
        foreach (var (name, password) in new[] { ("app-1", "wrong"), ("nobody", "pencil") })
        {
            var salts = new HashSet<string>();
            for (var times = 0; times < 2; times++)
            {
                await using var client = await server.ConnectAsync();
                var (_, final, _) = await BeginScramAsync(client, name, password, salts);
                Assert.StartsWith(Wrong, await client.AskAsync(B64(final)), StringComparison.Ordinal);
            }

            var salt = Assert.Single(salts);
            Assert.Matches("^s=[A-Za-z0-9+/]{22}==,i=4096$", salt);
        }
    }

    [Fact]
    public async Task A_response_may_come_in_pieces_and_with_the_command()
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes($"AUTH LOGIN\r\n{B64("app-1")}\r\n{B64("pencil")}\r\nNOOP\r\n"), octetsPerWrite: 1);
        Assert.Equal(Username, await client.ReadReplyAsync());
        Assert.Equal(Password, await client.ReadReplyAsync());
        Assert.StartsWith(In, await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("app-1", await server.WhoAsync(client));
    }

    [Fact]
    public async Task The_fourth_failure_is_not_looked_at_and_closes()
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        for (var times = 0; times < 3; times++)
        {
            Assert.StartsWith(Malformed, await client.AskAsync("AUTH PLAIN ="), StringComparison.Ordinal); // an error, and no guess
            Assert.StartsWith(Wrong, await client.AskAsync($"AUTH PLAIN {B64("\0app-1\0x")}"), StringComparison.Ordinal);
        }

        Assert.StartsWith("421 4.7.0 ", await client.AskAsync($"AUTH PLAIN {B64("\0app-1\0pencil")}"), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("x\rx\r\n")]
    public async Task A_bare_line_end_in_a_response_closes(string octets)
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        Assert.StartsWith(Challenge, await client.AskAsync("AUTH PLAIN"), StringComparison.Ordinal);
        await client.SendAsync(Encoding.ASCII.GetBytes(octets));
        Assert.StartsWith("521 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Fact]
    public async Task An_endless_response_closes()
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        Assert.StartsWith(Challenge, await client.AskAsync("AUTH PLAIN"), StringComparison.Ordinal);
        await client.SendAsync(new byte[200_000]);
        Assert.StartsWith("521 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_plain_text_nobody_is_asked_for_a_password()
    {
        await using var server = await AuthServer.StartAsync(withTls: false);
        await using var client = await server.ConnectAsync();
        foreach (var command in new[] { "AUTH PLAIN", $"AUTH PLAIN {B64("\0app-1\0pencil")}", "AUTH SCRAM-SHA-256", "AUTH", "AUTH X" })
        {
            Assert.StartsWith("538 5.7.11 ", await client.AskAsync(command), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_configuration_nobody_is_wrong_yet()
    {
        await using var server = await AuthServer.StartAsync(configuration: new());
        await using var client = await server.ConnectAsync();
        Assert.StartsWith("454 4.7.0 ", await client.AskAsync($"AUTH PLAIN {B64("\0app-1\0pencil")}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_users_everybody_is_wrong()
    {
        await using var server = await AuthServer.StartAsync(configuration: TestServer.Live());
        await using var client = await server.ConnectAsync();
        Assert.StartsWith(Wrong, await client.AskAsync($"AUTH PLAIN {B64("\0app-1\0pencil")}"), StringComparison.Ordinal);
        var (_, final, _) = await BeginScramAsync(client, "app-1", "pencil");
        Assert.StartsWith(Wrong, await client.AskAsync(B64(final)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reply_to_wrong_credentials_is_held_back()
    {
        var clock = new FakeTimeProvider();
        await using var server = await AuthServer.StartAsync(options => options.AuthFailureDelay = TimeSpan.FromMinutes(1), clock: clock);
        await using var client = await server.ConnectAsync();
        var began = clock.GetUtcNow();
        Assert.StartsWith(Wrong, await clock.PassUntilAsync(client.AskAsync($"AUTH PLAIN {B64("\0app-1\0x")}")), StringComparison.Ordinal);
        Assert.InRange(clock.GetUtcNow() - began, TimeSpan.FromMinutes(1), TimeSpan.MaxValue);
        Assert.StartsWith(In, await client.AskAsync($"AUTH PLAIN {B64("\0app-1\0pencil")}"), StringComparison.Ordinal); // at once: the clock stands still
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_what_is_held_back()
    {
        await using var server = await AuthServer.StartAsync(options => options.AuthFailureDelay = TimeSpan.FromMinutes(1), clock: new FakeTimeProvider());
        await using var client = await server.ConnectAsync();
        await client.SendLineAsync("NOOP");
        await client.SendLineAsync($"AUTH PLAIN {B64("\0app-1\0x")}");
        Assert.StartsWith("250 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        server.Drain();
        var reply = await client.ReadReplyAsync();
        if (reply.StartsWith("535 ", StringComparison.Ordinal)) // else the drain came before the command was read
        {
            reply = await client.ReadReplyAsync();
        }

        Assert.StartsWith("421 4.3.2 ", reply, StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_drain_is_told_between_challenge_and_response()
    {
        await using var server = await AuthServer.StartAsync();
        await using var client = await server.ConnectAsync();
        Assert.Equal(Username, await client.AskAsync("AUTH LOGIN"));
        server.Drain();
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_does_not_come_ends_the_session()
    {
        var clock = new FakeTimeProvider();
        await using var server = await AuthServer.StartAsync(clock: clock);
        await using var client = await server.ConnectAsync();
        Assert.Equal(Username, await client.AskAsync("AUTH LOGIN"));
        Assert.StartsWith("421 4.4.2 ", await clock.PassUntilAsync(client.ReadReplyAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_gets_no_turn_may_try_again_and_scram_needs_none()
    {
        var clock = new FakeTimeProvider();
        await using var server = await AuthServer.StartAsync(clock: clock);
        TakeAllTurns(server);
        await using var client = await server.ConnectAsync();
        Assert.StartsWith("454 4.7.0 ", await clock.PassUntilAsync(client.AskAsync($"AUTH PLAIN {B64("\0app-1\0pencil")}")), StringComparison.Ordinal);
        Assert.Equal("nobody", await server.WhoAsync(client));
        var (_, final, _) = await BeginScramAsync(client, "app-1", "pencil");
        Assert.StartsWith(Challenge, await client.AskAsync(B64(final)), StringComparison.Ordinal);
        Assert.StartsWith(In, await client.AskAsync(""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_a_turn()
    {
        await using var server = await AuthServer.StartAsync(clock: new FakeTimeProvider());
        TakeAllTurns(server);
        await using var client = await server.ConnectAsync();
        await client.SendLineAsync("NOOP");
        await client.SendLineAsync($"AUTH PLAIN {B64("\0app-1\0pencil")}");
        Assert.StartsWith("250 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        server.Drain();
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
    }

    public static TheoryData<string> Mechanisms => ["PLAIN", "LOGIN", "SCRAM-SHA-256", ""];

    [Theory, MemberData(nameof(Mechanisms))]
    public async Task MailKit_logs_in_and_is_refused(string mechanism)
    {
        await using var server = await AuthServer.StartAsync();
        using (var client = await MailKitAsync(server))
        {
            Assert.Equal(["LOGIN", "PLAIN", "SCRAM-SHA-256"], client.AuthenticationMechanisms.Order(StringComparer.Ordinal));
            await AuthenticateAsync(client, mechanism, "app-2", "r\u00e4tsel");
            Assert.True(client.IsAuthenticated);
            await client.DisconnectAsync(quit: true, TestContext.Current.CancellationToken);
        }

        using var refused = await MailKitAsync(server);
        await Assert.ThrowsAsync<AuthenticationException>(() => AuthenticateAsync(refused, mechanism, "app-2", "pencil"));
        Assert.False(refused.IsAuthenticated);
    }

    private static async Task<SmtpClient> MailKitAsync(AuthServer server)
    {
#pragma warning disable CA5359 // the test's own certificate
        var client = new SmtpClient { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };
#pragma warning restore CA5359
        await client.ConnectAsync("127.0.0.1", server.Endpoint.Port, SecureSocketOptions.SslOnConnect, TestContext.Current.CancellationToken);
        return client;
    }

    /// <param name="client">Connected.</param>
    /// <param name="mechanism">"": what the client thinks best.</param>
    /// <param name="name">Of the user.</param>
    /// <param name="password">Of the user.</param>
    private static Task AuthenticateAsync(SmtpClient client, string mechanism, string name, string password) => mechanism switch
    {
        "PLAIN" => client.AuthenticateAsync(new SaslMechanismPlain(name, password), TestContext.Current.CancellationToken),
        "LOGIN" => client.AuthenticateAsync(new SaslMechanismLogin(name, password), TestContext.Current.CancellationToken),
        "SCRAM-SHA-256" => client.AuthenticateAsync(new SaslMechanismScramSha256(name, password), TestContext.Current.CancellationToken),
        _ => client.AuthenticateAsync(name, password, TestContext.Current.CancellationToken),
    };

    /// <summary>Up to the server's first message, whose salt and iterations are added to the set.</summary>
    private static async Task<(string First, string Final, string Signature)> BeginScramAsync(
        TestClient client, string name, string password, HashSet<string>? salts = null)
    {
        var first = $"n,,n={name},r=fyko+d2lbbFgONRv9qkxdawL";
        var reply = await client.AskAsync($"AUTH SCRAM-SHA-256 {B64(first)}");
        Assert.StartsWith(Challenge, reply, StringComparison.Ordinal);
        var serverFirst = Encoding.ASCII.GetString(Convert.FromBase64String(reply[Challenge.Length..]));
        Assert.Matches(@"^r=fyko\+d2lbbFgONRv9qkxdawL[A-Za-z0-9+/]{24},s=", serverFirst);
        salts?.Add(serverFirst[(serverFirst.IndexOf(',', StringComparison.Ordinal) + 1)..]);
        var (final, signature) = SaslScramTests.Answer(password, first, serverFirst);
        return (first, final, signature);
    }

    private static async Task<string?> OtherAsync(AuthServer server)
    {
        await using var client = await server.ConnectAsync();
        return await server.WhoAsync(client);
    }

    private static void TakeAllTurns(AuthServer server)
    {
        while (server.Server.Logins.Turns.Wait(0))
        {
        }
    }

    private static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
