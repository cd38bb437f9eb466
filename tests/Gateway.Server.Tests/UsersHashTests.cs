using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Users;
using Gateway.Server.Console;

namespace Gateway.Server.Tests;

/// <summary>`gateway users hash`.</summary>
public sealed class UsersHashTests
{
    private const string Password = "correct horse";

    [Theory]
    [InlineData(Password)]
    [InlineData(Password + "\n")]
    [InlineData(Password + "\r\nsecond line\r\n")]
    public async Task The_first_line_is_the_password_of_an_element_for_the_configuration(string input)
    {
        var (exit, output, errors) = await GatewayProcess.RunWithInputAsync(Encoding.UTF8.GetBytes(input), "users", "hash", "--name", "billing@eu", "--iterations", "4096");

        Assert.Equal((0, ""), (exit, errors));
        var user = Configured(output);
        Assert.Equal(("billing@eu", 4_096), (user.Name, user.Verifier.Iterations));
        Assert.True(user.Verifier.Verifies(Encoding.UTF8.GetBytes(Password)));
        Assert.DoesNotContain("correct", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_options_it_is_app_1_at_the_default_cost()
    {
        var (_, first, _) = await GatewayProcess.RunWithInputAsync(Encoding.UTF8.GetBytes(Password), "users", "hash");
        var (_, second, _) = await GatewayProcess.RunWithInputAsync(Encoding.UTF8.GetBytes(Password), "users", "hash");

        Assert.Equal(("app-1", 200_000), (Configured(first).Name, Configured(first).Verifier.Iterations));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task A_password_outside_ascii_is_taken_as_it_is_with_a_warning()
    {
        var (exit, output, errors) = await GatewayProcess.RunWithInputAsync(Encoding.UTF8.GetBytes("r\u00e4tselhaft"), "users", "hash", "--iterations", "4096");

        Assert.Equal(0, exit);
        Assert.StartsWith("gateway: warning: the password has characters outside ASCII", errors, StringComparison.Ordinal);
        Assert.True(Configured(output).Verifier.Verifies(Encoding.UTF8.GetBytes("r\u00e4tselhaft")));
    }

    public static TheoryData<byte[], string> Bad => new()
    {
        { [], "the password is missing: it is the first line of standard input" },
        { [.. "\nsecond line\n"u8], "the password is missing: it is the first line of standard input" },
        { [.. "1234567\n"u8], "the password must have at least 8 octets" },
        { [.. Encoding.ASCII.GetBytes(new string('x', 1_025))], "the password must have at most 1024 octets" },
        { [.. Encoding.ASCII.GetBytes(new string('x', 1_000_000))], "the password must have at most 1024 octets" },
        { [.. "12345678"u8, 0xFF], "the password must be UTF-8" },
        { [.. "1234\u00005678\n"u8], "the password must hold no control characters and nothing else that cannot be seen" },
        { [.. "\ufeff12345678\n"u8], "the password must hold no control characters and nothing else that cannot be seen" }, // what some shells put in front
    };

    [Theory, MemberData(nameof(Bad))]
    public async Task A_password_that_nobody_should_have_gets_one_sentence(byte[] input, string sentence) =>
        Assert.Equal((2, "", $"gateway: {sentence}\n"), await GatewayProcess.RunWithInputAsync(input, "users", "hash"));

    [Fact]
    public void A_longest_password_is_read_whole_and_no_further()
    {
        using var input = new MemoryStream(Encoding.ASCII.GetBytes(new string('x', 20)));
        Assert.Equal(11, PasswordInput.ReadLine(input, 10).Length);
        Assert.Equal(11, input.Position);
    }

    [Theory]
    [InlineData("secret\rsecret\r", "secret")]
    [InlineData("\b\bseg\bcret\rsecret\r", "secret")]
    [InlineData("sec\0ret\rsecret\r", "secret")]
    [InlineData("r\u00e4tsel\rr\u00e4tsel\r", "r\u00e4tsel")]
    [InlineData("secret\rsecre\r", null)]
    [InlineData("secret\r\r", null)]
    public void A_terminal_is_asked_twice_and_shows_nothing(string keys, string? password)
    {
        var (typed, prompt) = (new Queue<char>(keys), new StringWriter { NewLine = "\n" });

        var answer = PasswordInput.AskTwice(() => Key(typed.Dequeue()), prompt);

        Assert.Equal(password, answer is null ? null : Encoding.UTF8.GetString(answer));
        Assert.Equal("Password: \nOnce more: \n", prompt.ToString());
        Assert.Empty(typed);
    }

    private static ConsoleKeyInfo Key(char c) =>
        new(c, c switch { '\r' => ConsoleKey.Enter, '\b' => ConsoleKey.Backspace, '\0' => ConsoleKey.LeftArrow, _ => ConsoleKey.A }, shift: false, alt: false, control: false);

    /// <summary>The user that a configuration with this element has.</summary>
    private static User Configured(string element)
    {
        using var json = JsonDocument.Parse(element);
        Assert.Equal(["name", "verifier"], json.RootElement.EnumerateObject().Select(property => property.Name));
        var document = $$"""
            { "version": 1, "domains": [{ "name": "in.example.com" }], "users": [{{element}}],
              "routes": [{ "id": "rest", "priority": 99, "match": {}, "actions": [{ "store": {} }] }] }
            """;
        var result = ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(document));
        Assert.Empty(result.Errors);
        return Assert.Single(result.Configuration!.Users);
    }
}
