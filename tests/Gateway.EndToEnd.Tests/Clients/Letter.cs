using System.Text;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>A message with what goes wrong on the way when a client or a server is careless.</summary>
internal static class Letter
{
    public const string From = "alice@example.org";
    public const string To = "support@in.example.com";
    public const string Subject = "Grüße aus Zürich ✓";

    /// <summary>The longest line that RFC 5321 section 4.5.3.1.6 allows, without its CRLF.</summary>
    private const int LongestLine = 998;

    /// <summary>8-bit text, lines that begin with a dot, one as long as may be, a subject in UTF-8 (encoded: RFC 2047) and an attachment.</summary>
    public static byte[] Octets { get; } = Write(attachment: 200);

    /// <summary>The same with a bigger attachment.</summary>
    /// <param name="attachment">Octets of the attachment, before base64.</param>
    public static byte[] Write(int attachment)
    {
        var octets = new byte[attachment];
        new Random(attachment).NextBytes(octets);
        var text = $"""
            From: Alice <{From}>
            To: Support <{To}>
            Subject: =?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(Subject))}?=
            Date: Tue, 24 Nov 2026 18:00:00 +0100
            Message-ID: <letter@{IMailClient.Helo}>
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="=-letter"
            Content-Transfer-Encoding: 8bit

            --=-letter
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            Schöne Grüße, für 5 €
            .
            .a line that begins with a dot
            ..and one with two
            From here on it is long:
            {string.Concat(Enumerable.Repeat("0123456789 ", (LongestLine / 11) + 1)).AsSpan(0, LongestLine - 1)}.

            --=-letter
            Content-Type: application/octet-stream; name="octets.bin"
            Content-Disposition: attachment; filename="octets.bin"
            Content-Transfer-Encoding: base64

            {Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks)}
            --=-letter--

            """;
        return Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));
    }
}
