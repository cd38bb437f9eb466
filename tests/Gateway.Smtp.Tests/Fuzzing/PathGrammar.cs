namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>EHLO, MAIL and RCPT with good and bad names, paths and parameters. Each a line without CRLF.</summary>
internal static class PathGrammar
{
    private const string Marker = ServerReply.Marker;

    private static readonly string[] Hellos = ["EHLO", "EHLO", "EHLO", "HELO", "ehlo", "EhLo"];

    private static readonly string[] Names =
    [
        "client.example", $"{Marker}.example", $"{Marker}.example", $"{Marker}.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "localhost", "x",
        $"{Marker}.denied.invalid", "", "a b", "-_-", "[300.0.0.1]", "[IPv6:::1%1]", "b\u00fccher.example", "a\"b", "[", "..", "client.example (x)",
    ];

    private static readonly string[] Ours =
    [
        "user@example.net", "user@example.net", "u1@example.net", "u2@example.net", "user+tag@example.net", "USER@EXAMPLE.NET", "postmaster", "Postmaster@example.net",
        "abuse@example.net", "user@plain.example", "inv-7@plain.example", "\"user\"@example.net", "\"a quoted b\"@example.net", "\"quoted@b\"@example.net", $"u{Marker}@example.net",
    ];

    private static readonly string[] Others =
    [
        "nobody@example.net", "moving@example.net", "user@away.example", "anyone@secure.example", $"{Marker}@elsewhere.example", "user@[192.0.2.1]", "user@[IPv6:2001:db8::1]",
        "user@b\u00fccher.example", "\u03b4\u03bf\u03ba\u03b9\u03bc\u03ae@\u03c0\u03b1\u03c1\u03ac\u03b4\u03b5\u03b9\u03b3\u03bc\u03b1.example", "user@xn--bcher-kva.example", "user@xn--a.example",
        "user@x@y", "@example.net", "user@", "user@-x.example", "user@example..net", ".user@example.net", "us..er@example.net", "\"unclosed@example.net", "\"a\\\"b\\\\c\"@example.net",
        "user%example.org@example.net", "user\0@example.net", "us er@example.net", "user@example.net.", "user@\u00ad.example", "\ud83d\ude00@example.net", "user@[",
        "user@[IPv6:1:2:3:4:5:6:7:8:9]", $"\"{Marker}\u00e4\"@example.net",
    ];

    private static readonly string[] Sizes = ["0", "1", "1000", "65536", "65537", "9223372036854775807", "9223372036854775808", "99999999999999999999", "999999999999999999999", "-1", "", "1e3"];

    private static readonly string[] Bodies = ["7BIT", "8BITMIME", "8bitmime", "BINARYMIME", "BINARYMIME", "9BIT", ""];

    public static string Hello(Random random) => random.Percent(70) ? "EHLO client.example" : $"{random.Of(Hellos)} {random.Of(Names)}";

    /// <summary>A MAIL that is taken, mostly.</summary>
    public static string Mail(Random random)
    {
        if (random.Percent(50))
        {
            return random.Of(
                "MAIL FROM:<a@client.example>",
                "MAIL FROM:<>",
                $"MAIL FROM:<{Marker}@client.example>",
                "mail from:<a@client.example> BODY=8BITMIME",
                "MAIL FROM:<a@client.example> BODY=BINARYMIME",
                "MAIL FROM:<\u00e4@client.example> SMTPUTF8");
        }

        var line = $"{random.Of("MAIL FROM:", "MAIL FROM:", "MAIL FROM: ", "Mail From:", "MAIL  FROM:", "MAIL FROM", "MAIL")}{Path(random, random.Of(Others))}";
        for (var count = random.Next(3); count > 0; count--)
        {
            line += " " + Parameter(random);
        }

        return line;
    }

    /// <summary>A RCPT that is taken, mostly.</summary>
    public static string Rcpt(Random random) => random.Percent(75)
        ? $"RCPT TO:<{random.Of(Ours)}>"
        : $"{random.Of("RCPT TO:", "RCPT TO:", "RCPT TO: ", "rcpt to:", "RCPT TO", "RCPT")}{Path(random, random.Of(random.Percent(30) ? Ours : Others))}{random.Of("", "", "", " ", " NOTIFY=NEVER", " X")}";

    private static string Path(Random random, string mailbox) => random.Next(12) switch
    {
        0 => mailbox,
        1 => $"<@a.example,@{random.Of("b.example", "[192.0.2.1]", "b\u00fccher.example", "")}:{mailbox}>",
        2 => $"<{mailbox}",
        3 => $"{mailbox}>",
        4 => $"<{new string('l', random.Of(63, 64, 65, 300))}@{random.Of("example.net", string.Join('.', Enumerable.Repeat(new string('d', random.Of(62, 63, 64)), random.Of(1, 2, 3, 4))))}>",
        5 => "<>",
        6 => $"<{new string('"', random.Next(4))}{mailbox}{new string('\\', random.Next(3))}>",
        7 => $"<{string.Concat(Enumerable.Repeat("\u00fc", random.Of(1, 31, 32, 33)))}@{string.Concat(Enumerable.Repeat("\u00fc", random.Of(1, 30, 59, 63)))}.example>",
        _ => $"<{mailbox}>",
    };

    private static string Parameter(Random random) => random.Next(7) switch
    {
        0 or 1 => $"SIZE={random.Of(Sizes)}",
        2 or 3 => $"BODY={random.Of(Bodies)}",
        4 => random.Of("SMTPUTF8", "SMTPUTF8", "SMTPUTF8=1", "smtputf8"),
        5 => $"AUTH={random.Of("<>", "a+40b.example", "a@b.example", "a+4", "+00", "", new string('x', 501))}",
        _ => random.Of("RET=HDRS", "=", "-X", "X-Y=z", $"{Marker}=1", "\u00e4=1", "SIZE"),
    };
}
