using System.Security.Cryptography;
using System.Text;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>One message that exists once: its number stands in its header, so no two have the same hash.</summary>
/// <param name="Sha256">Of the octets as they are before dot-stuffing, lower-case hexadecimal: what the gateway must store.</param>
/// <param name="Stuffed">What goes over the wire behind 354, end of data included.</param>
/// <param name="Recipients">One, or two that lead to different endpoints.</param>
/// <param name="Octets">Length before dot-stuffing.</param>
internal sealed record LoadMessage(string Sha256, byte[] Stuffed, IReadOnlyList<string> Recipients, int Octets)
{
    /// <summary>Up to here a message lies in the database; a bigger one in a file.</summary>
    public const int RowOctets = 64 * 1024;

    private const int LargestOctets = 300 * 1024;

    /// <summary>A size out of the mix: mostly small, many about the threshold, some of up to 300 KB.</summary>
    public static int SizeOf(Random random) => random.Next(20) switch
    {
        < 12 => random.Next(1_000, 16_000),
        < 15 => random.Next(RowOctets - 2_000, RowOctets + 2_000),
        _ => random.Next(RowOctets + 2_000, LargestOctets),
    };

    public static LoadMessage Create(long number, int octets, Random random)
    {
        var text = new StringBuilder(octets + 1024);
        var withAttachment = octets > RowOctets && random.Next(3) == 0;
        text.Append("From: Load <load@example.org>\r\nTo: box@in.example.com\r\n")
            .Append($"Subject: message {number}\r\nMessage-ID: <{number}@load.example>\r\nMIME-Version: 1.0\r\n");
        if (withAttachment)
        {
            text.Append("Content-Type: multipart/mixed; boundary=frontier\r\n\r\n--frontier\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n")
                .Append("--frontier\r\nContent-Type: application/octet-stream; name=data.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        }
        else
        {
            text.Append("Content-Type: text/plain; charset=us-ascii\r\n\r\n");
        }

        Fill(text, octets, dots: !withAttachment, random);
        text.Append(withAttachment ? "--frontier--\r\n" : "The end.\r\n");

        var whole = text.ToString();
        var recipients = new List<string> { DataSite.MailboxOf((int)(number % DataSite.Endpoints)) };
        if (number % 10 == 0)
        {
            recipients.Add(DataSite.MailboxOf((int)((number + 1) % DataSite.Endpoints)));
        }

        return new(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(whole))),
            Encoding.ASCII.GetBytes(whole.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n"),
            recipients,
            whole.Length);
    }

    /// <summary>Lines of 72 random characters; with <paramref name="dots"/> one in twenty begins with the dot that has to be stuffed.</summary>
    private static void Fill(StringBuilder text, int octets, bool dots, Random random)
    {
        var octetsOfLine = new byte[54];
        while (text.Length < octets)
        {
            random.NextBytes(octetsOfLine);
            text.Append(dots && random.Next(20) == 0 ? "." : "").Append(Convert.ToBase64String(octetsOfLine)).Append("\r\n");
        }
    }
}
