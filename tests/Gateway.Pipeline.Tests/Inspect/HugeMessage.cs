using System.Globalization;
using System.Text;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>Big and hostile messages, written piece by piece so that making them needs no memory.</summary>
internal static class HugeMessage
{
    private const string Fields = "From: a@example.org\r\nTo: b@example.com\r\nDate: Tue, 24 Nov 2026 17:59:58 +0000\r\nSubject: Huge\r\nMIME-Version: 1.0\r\n";
    private const string Mixed = Fields + "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nText.\r\n";
    private const int Mebi = 1024 * 1024;

    private static readonly Dictionary<string, Action<Stream>> Shapes = new(StringComparer.Ordinal)
    {
        ["attachment"] = to => Repeat(to, Mixed + "--m\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n", Base64Line, 100 * Mebi, "--m--\r\n"),
        ["binary_attachment"] = to => Repeat(to, Mixed + "--m\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: binary\r\n\r\n", new string('\0', 4096), 100 * Mebi, "\r\n--m--\r\n"),
        ["text"] = to => Repeat(to, Fields + "\r\n", "The quick brown fox jumps over the lazy dog.\r\n", 100 * Mebi),
        ["html_in_utf16"] = to => Repeat(to, Fields + "Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n", Base64Line, 100 * Mebi),
        ["escapes_without_text"] = to => Repeat(to, Fields + "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\u001b(B\u001b$B", 100 * Mebi),
        ["one_line_of_base64"] = to => Repeat(to, Fields + "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n", "QUJDREVGR0hJSktM", 100 * Mebi),
        ["quoted_printable"] = to => Repeat(to, Fields + "Content-Type: application/zip\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=41=\r\n", 100 * Mebi),
        ["uuencode"] = to => Repeat(to, Fields + "Content-Type: application/zip\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n", "M86%A86%A86%A86%A86%A86%A86%A86%A86%A86%A86%A86%A86%A86%A86%A\r\n", 50 * Mebi),
        ["tiny_parts"] = to => Repeat(to, Mixed, "--m\r\n\r\n\r\n", 50 * Mebi),
        ["parts_with_big_headers"] = to => Repeat(to, Mixed, $"--m\r\nContent-Type: image/png; name={new string('n', 30_000)}\r\nContent-ID: <{new string('i', 30_000)}>\r\n\r\nx\r\n", 100 * Mebi),
        ["parts_in_an_attached_message"] = to => Repeat(to, Mixed + "--m\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n", "--i\r\n\r\nx\r\n", 50 * Mebi, "--i--\r\n--m--\r\n"),
        ["one_header_line"] = to => Repeat(to, Fields + "X: ", "xxxxxxxxxxxxxxxx", 50 * Mebi, "\r\n\r\nText.\r\n"),
        ["one_header_field_of_many_lines"] = to => Repeat(to, Fields + "X: ", "x\r\n ", 50 * Mebi, "\r\n\r\nText.\r\n"),
        ["header_fields"] = to => Repeat(to, Fields, "X: y\r\n", 50 * Mebi, "\r\nText.\r\n"),
        ["parts_header_line"] = to => Repeat(to, Mixed + "--m\r\nX: ", "xxxxxxxxxxxxxxxx", 50 * Mebi, "\r\n\r\nText.\r\n--m--\r\n"),
        ["header_without_end"] = to => Repeat(to, "", "x", 50 * Mebi),
        ["addresses"] = to => Repeat(to, "From: a@example.org\r\nTo: ", "\"Somebody Else\" <somebody@example.com>,\r\n ", 40 * Mebi, "b@example.com\r\n\r\nText.\r\n"),
        ["groups"] = to => Repeat(to, "From: a@example.org\r\nTo: ", "g:", 40 * Mebi, ";\r\n\r\nText.\r\n"),
        ["comments"] = to => Repeat(to, "From: a@example.org\r\nTo: ", "(", 40 * Mebi, "\r\n\r\nText.\r\n"),
        ["references"] = to => Repeat(to, "From: a@example.org\r\nReferences: ", "<1234567890@example.com>\r\n ", 40 * Mebi, "\r\n\r\nText.\r\n"),
        ["encoded_words"] = to => Repeat(to, "From: a@example.org\r\nSubject: ", "=?utf-8?Q?=F0=9F=98=80?=\r\n ", 40 * Mebi, "\r\n\r\nText.\r\n"),
        ["many_fields_of_encoded_words"] = to => Repeat(to, "From: a@example.org\r\n", "Subject: =?x?B?" + new string('A', 200) + "?=\r\n", 40 * Mebi, "\r\n\r\nText.\r\n"),
        ["parameters"] = to => Repeat(to, "From: a@example.org\r\nContent-Type: text/plain", ";\r\n a*0*=utf-8''x", 40 * Mebi, "\r\n\r\nText.\r\n"),
        ["parts_with_parameters"] = to => Repeat(to, Mixed, "--m\r\nContent-Type: image/png" + Parameters("name*", 60_000) + "\r\nContent-Disposition: attachment" + "\r\n\r\nx\r\n", 50 * Mebi),
        ["parts_with_distinct_parameters"] = to => Repeat(to, Mixed, "--m\r\nContent-Type: image/png" + Parameters("a", 30_000) + "\r\nContent-Disposition: attachment" + Parameters("b", 30_000) + "\r\n\r\nx\r\n", 50 * Mebi),
        ["parts_with_encoded_names"] = to => Repeat(to, Mixed, $"--m\r\nContent-Type: image/png; name=\"{string.Concat(Enumerable.Repeat("=?utf-8?Q?=F0=9F=98=80?= ", 2000))}\"\r\n\r\nx\r\n", 50 * Mebi),
        ["parts_with_comments"] = to => Repeat(to, Mixed, $"--m\r\nContent-Type: {new string('(', 30_000)}\r\nContent-Disposition: {string.Concat(Enumerable.Repeat("()", 15_000))}\r\n\r\nx\r\n", 50 * Mebi),
        ["attached_messages_with_parameters"] = to => Repeat(to, Mixed, "--m\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: image/png" + Parameters("a", 60_000) + "\r\nContent-Disposition: attachment" + Parameters("b", 60_000) + "\r\nContent-Type: image/png" + Parameters("c", 60_000) + "\r\n\r\nx\r\n", 50 * Mebi),
        ["nested_messages"] = to => Repeat(to, Fields, "Content-Type: message/rfc822\r\n\r\n", 50 * Mebi),
        ["nesting"] = WriteNesting,
        ["preamble"] = to => Repeat(to, Fields + "Content-Type: multipart/mixed; boundary=m\r\n\r\n", "A preamble.\r\n", 100 * Mebi, "--m\r\n\r\nText.\r\n--m--\r\n"),
        ["epilogue"] = to => Repeat(to, Mixed + "--m--\r\n", "An epilogue.\r\n", 100 * Mebi),
        ["long_boundary"] = to => Repeat(to, Fields + $"Content-Type: multipart/mixed; boundary={new string('b', 60_000)}\r\n\r\n", $"--{new string('b', 60_000)}\r\n\r\nText.\r\n", 50 * Mebi),
        ["lines_like_boundaries"] = to => Repeat(to, Mixed, "--\r\n", 50 * Mebi, "\r\n--m--\r\n"),
        ["text_of_control_characters"] = to => Repeat(to, Fields + "\r\n", "\u0001", 50 * Mebi),
        ["text_of_quotes_in_parts"] = to => Repeat(to, Mixed, "--m\r\nContent-Type: text/plain\r\n\r\n" + new string('"', 100_000) + "\r\n", 50 * Mebi, "--m--\r\n"),
    };

    private static string Base64Line => string.Concat(Enumerable.Repeat("QUJDREVGR0hJSktM", 4)) + "QUJDREVGR0hJ\r\n";

    public static IEnumerable<string> Names => Shapes.Keys;

    public static void Write(string name, string path)
    {
        using var file = File.Create(path, 64 * 1024);
        Shapes[name](file);
    }

    private static void Repeat(Stream to, string head, string unit, int octets, string tail = "")
    {
        to.Write(Encoding.Latin1.GetBytes(head));
        var units = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(unit, Math.Max(1, 65_536 / unit.Length))));
        for (var written = 0; written < octets; written += units.Length)
        {
            to.Write(units);
        }

        to.Write(Encoding.Latin1.GetBytes(tail));
    }

    private static string Parameters(string name, int octets)
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < octets; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $";\r\n {name}{i}*=x");
        }

        return text.ToString();
    }

    private static void WriteNesting(Stream to)
    {
        to.Write(Encoding.Latin1.GetBytes(Fields));
        for (var i = 0; i < 200_000; i++)
        {
            to.Write(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n")));
        }
    }
}
