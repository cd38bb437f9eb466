using System.Collections.Immutable;
using System.Text;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Exchanges of AUTH, right and wrong ones.</summary>
internal static class LoginGrammar
{
    private const string Tail = ".abc"; // of a nonce, behind the name: so the first message is known by the challenge

    private static readonly string[] Names = ["app-1", "app-1", "app-1", "app-2", "nobody", ServerReply.Marker];

    private static readonly string[] Passwords = ["pencil", "pencil", "pencil", "r\u00e4tsel", ServerReply.Secret, "x"];

    private static readonly string[] Commands =
    [
        "AUTH", "AUTH ", "AUTH CRAM-MD5", "AUTH PLAIN =", "AUTH PLAIN *", "AUTH LOGIN =", $"AUTH {ServerReply.Marker}", "AUTH SCRAM-SHA-256-PLUS biws", "auth  plain   AGFwcC0xAHBlbmNpbA==  ",
    ];

    private static readonly string[] Responses =
        ["*", "", "=", "====", "QUIT", .. new[] { 600, 12_284, 12_286, 12_300, 14_000 }.Select(octets => new string('A', octets)), B64("\0\0\0"), B64("n,,n=a,r=b,m=c")];

    /// <summary>client-first-message to which this is the answer.</summary>
    public static string FirstOf(string challenge)
    {
        var nonce = challenge.Split(',')[0];
        var name = nonce.StartsWith("r=", StringComparison.Ordinal) && nonce.IndexOf('.', StringComparison.Ordinal) is var end and > 2 ? nonce[2..end] : throw new FormatException();
        return First(name);
    }

    public static ImmutableArray<Step> Exchange(Random random)
    {
        var (name, password) = (random.Of(Names), random.Of(Passwords));
        return random.Next(8) switch
        {
            0 or 1 => [Line($"AUTH PLAIN {B64($"{random.Of("", "", name, "admin")}\0{name}\0{password}")}")],
            2 => [Line("AUTH PLAIN"), Line(B64($"\0{name}\0{password}"))],
            3 => [Line(random.Percent(50) ? "AUTH LOGIN" : $"AUTH LOGIN {B64(name)}"), Line(B64(name)), Line(B64(password))],
            4 or 5 => Scram(random, name, password),
            6 => [Line(random.Of("AUTH PLAIN", "AUTH LOGIN", "AUTH SCRAM-SHA-256")), Line(random.Of(Responses))],
            _ => [Line(random.Of(Commands))],
        };
    }

    /// <summary>A login that succeeds.</summary>
    public static ImmutableArray<Step> Success(Random random) => random.Next(4) switch
    {
        0 => Scram(random, "app-1", "pencil"),
        1 => [Line("AUTH LOGIN"), Line(B64("app-1")), Line(B64("pencil"))],
        2 => [Line("AUTH PLAIN"), Line(B64("\0app-1\0pencil"))],
        _ => [Line($"AUTH PLAIN {B64("\0app-1\0pencil")}")],
    };

    private static ImmutableArray<Step> Scram(Random random, string name, string password) =>
    [
        .. random.Percent(50) ? [Line($"AUTH SCRAM-SHA-256 {B64(First(name))}")] : (Step[])[Line("AUTH SCRAM-SHA-256"), Line(B64(First(name)))],
        new(StepKind.Scram, [.. Choice.Utf8(password)], Waits: true),
        Line(""),
    ];

    private static string First(string name) => $"n,,n={name},r={name}{Tail}";

    private static string B64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static Step Line(string text) => Step.Send(Choice.Utf8(text + "\r\n"));
}
