using System.Text;
using Gateway.Core;
using Gateway.Core.Users;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>PLAIN and LOGIN as machines: octets in, steps out.</summary>
public sealed class SaslTests
{
    private static readonly string Name255 = new('n', 255);
    private static readonly string Password1024 = new('p', 1024);

    /// <summary>Response (\0 is NUL), then the name and password that are to be checked; null: 501; "535": refused.</summary>
    public static TheoryData<string, string?, string?> Plains => new()
    {
        { "\0tim\0tanstaaftanstaaf", "tim", "tanstaaftanstaaf" }, // RFC 4616 section 4
        { "tim\0tim\0x", "tim", "x" },
        { "\0tim\0 ", "tim", " " },
        { "\0tim\0p=,\r\n\u00e4", "tim", "p=,\r\n\u00e4" },
        { $"\0{Name255}\0{Password1024}", Name255, Password1024 },
        { "Ursel\0Kurt\0xipj3plmq", "535", null }, // RFC 4616 section 4: acting for another
        { "tim\0ti\0x", "535", null },
        { "Tim\0tim\0x", "535", null },
        { "", null, null },
        { "\0", null, null },
        { "\0\0", null, null },
        { "\0\0\0", null, null },
        { "tim", null, null },
        { "\0tim", null, null },
        { "tim\0tanstaaf", null, null },
        { "\0tim\0", null, null },
        { "\0\0x", null, null },
        { "\0tim\0x\0", null, null },
        { "\0tim\0x\0y", null, null },
        { "\0\0tim\0x", null, null },
        { $"\0{Name255}n\0x", null, null },
        { $"\0tim\0{Password1024}p", null, null },
    };

    [Theory, MemberData(nameof(Plains))]
    public void Plain_is_read_to_the_letter(string response, string? name, string? password)
    {
        var mechanism = new SaslPlain();
        Assert.True(mechanism.Begin().Octets.IsEmpty);
        AssertStep(name, password, mechanism.Take(Encoding.UTF8.GetBytes(response)));
        Assert.Equal(Replies.AuthMalformed, Assert.IsType<SaslStep.Refused>(mechanism.Take("\0tim\0x"u8)).Reply); // once
    }

    [Theory]
    [InlineData("tim", "x", "tim", "x")]
    [InlineData(" tim", "x ", " tim", "x ")]
    [InlineData("tim", "", null, null)]
    [InlineData("", "x", null, null)]
    [InlineData("tim\0", "x", null, null)]
    [InlineData("tim", "x\0", null, null)]
    public void Login_asks_for_a_name_and_a_password(string first, string second, string? name, string? password)
    {
        var mechanism = new SaslLogin();
        Assert.Equal("Username:", Text(mechanism.Begin()));
        Assert.Equal("Password:", Text(mechanism.Take(Encoding.UTF8.GetBytes(first))));
        AssertStep(name, password, mechanism.Take(Encoding.UTF8.GetBytes(second)));
        Assert.Equal(Replies.AuthMalformed, Assert.IsType<SaslStep.Refused>(mechanism.Take("x"u8)).Reply);
    }

    [Fact]
    public void Login_keeps_no_endless_name()
    {
        var mechanism = new SaslLogin();
        AssertStep(null, null, mechanism.Take(new byte[1025]));
        AssertStep(null, null, mechanism.Take("x"u8));
        mechanism = new();
        Assert.IsType<SaslStep.Challenge>(mechanism.Take(new byte[1024]));
        AssertStep(null, null, mechanism.Take("x"u8));
    }

    [Fact]
    public void A_name_that_is_no_utf8_is_no_users()
    {
        var check = Assert.IsType<SaslStep.CheckPassword>(new SaslPlain().Take([0, (byte)'a', 0xFF, 0, (byte)'x']));
        Assert.NotNull(User.ProblemOf(check.Name));
    }

    [Theory]
    [InlineData("PLAIN", typeof(SaslPlain))]
    [InlineData("pLain", typeof(SaslPlain))]
    [InlineData("login", typeof(SaslLogin))]
    [InlineData("Scram-Sha-256", typeof(SaslScram))]
    [InlineData("SCRAM-SHA-256-PLUS", null)]
    [InlineData("SCRAM-SHA-1", null)]
    [InlineData("CRAM-MD5", null)]
    [InlineData("ANONYMOUS", null)]
    [InlineData("EXTERNAL", null)]
    [InlineData("", null)]
    [InlineData("PLAIN\0", null)]
    public void Mechanisms_are_known_by_name_in_any_case(string name, Type? type) =>
        Assert.Equal(type, SaslMechanisms.Create(Encoding.ASCII.GetBytes(name), _ => throw new InvalidOperationException(), "n")?.GetType());

    [Theory]
    [InlineData(1)]
    [InlineData(20261124)]
    public void Any_octets_in_any_order_are_a_step(int seed)
    {
        var random = new Random(seed);
        byte[][] pieces =
        [
            [0], [.. "n,,"u8], [.. "y,a=user,"u8], [.. "p=tls-unique,,"u8], [.. "n=user"u8], [.. ",r="u8], [.. "r="u8], [.. "=2C"u8], [.. "="u8], [.. ","u8], [.. "m=x,"u8], [.. ",x=y"u8],
            [.. "c=biws,r=abcserver"u8], [.. ",p="u8], [.. "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="u8], [.. "abc"u8], [0xFF], [0xC3, 0xA4], [.. "user"u8], new byte[300],
        ];
        var reached = new HashSet<string>();
        for (var round = 0; round < 50_000; round++)
        {
            ISaslMechanism mechanism = random.Next(3) switch { 0 => new SaslPlain(), 1 => new SaslLogin(), _ => new SaslScram(_ => SaslScramTests.Verifier, "server") };
            for (var turn = 0; turn < 4; turn++)
            {
                var response = Enumerable.Range(0, random.Next(7)).SelectMany(_ => pieces[random.Next(pieces.Length)]).ToArray();
                response = random.Next(4) == 0 ? [.. "n,,n=user,r=abc"u8, .. response] : response;
                var step = mechanism.Take(response);
                reached.Add($"{mechanism.GetType().Name}.{step.GetType().Name}");
                Assert.IsNotType<SaslStep.Accepted>(step);
            }
        }

        Assert.Equal(
            ["SaslLogin.Challenge", "SaslLogin.CheckPassword", "SaslLogin.Refused", "SaslPlain.CheckPassword", "SaslPlain.Refused", "SaslScram.Challenge", "SaslScram.Refused"],
            reached.Order(StringComparer.Ordinal));
    }

    private static void AssertStep(string? name, string? password, SaslStep step)
    {
        if (password is null)
        {
            Assert.Equal(name is null ? Replies.AuthMalformed : Replies.BadCredentials, Assert.IsType<SaslStep.Refused>(step).Reply);
            return;
        }

        var check = Assert.IsType<SaslStep.CheckPassword>(step);
        Assert.Equal((name, password), (check.Name, Encoding.UTF8.GetString(check.Password)));
    }

    private static string Text(SaslStep step) => Encoding.ASCII.GetString(Assert.IsType<SaslStep.Challenge>(step).Octets.Span);
}
