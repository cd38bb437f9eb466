using System.Text;

namespace Gateway.Server.Console;

/// <summary>A password from outside: a line of a pipe, or keys that a terminal does not show.</summary>
internal static class PasswordInput
{
    /// <summary>The first line as it is, without its line end; at most so many octets of it and one more, which tells that it is too long.</summary>
    public static byte[] ReadLine(Stream input, int maxOctets)
    {
        var line = new MemoryStream();
        while (line.Length <= maxOctets && input.ReadByte() is var octet and not (-1 or '\n'))
        {
            line.WriteByte((byte)octet);
        }

        var octets = line.ToArray();
        return octets is [.. var text, (byte)'\r'] ? text : octets;
    }

    /// <summary>Asks twice, so that what cannot be seen is no mistake. Null when the answers differ.</summary>
    /// <param name="readKey">The next key, not shown.</param>
    /// <param name="prompt">Where the questions go; not standard output, which may be a file.</param>
    public static byte[]? AskTwice(Func<ConsoleKeyInfo> readKey, TextWriter prompt)
    {
        var first = Ask("Password: ", readKey, prompt);
        return first == Ask("Once more: ", readKey, prompt) ? Encoding.UTF8.GetBytes(first) : null;
    }

    private static string Ask(string question, Func<ConsoleKeyInfo> readKey, TextWriter prompt)
    {
        prompt.Write(question);
        var answer = new StringBuilder();
        for (var key = readKey(); key.Key != ConsoleKey.Enter; key = readKey())
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                answer.Length = Math.Max(0, answer.Length - 1);
            }
            else if (key.KeyChar != '\0') // arrows and the like
            {
                answer.Append(key.KeyChar);
            }
        }

        prompt.WriteLine();
        return answer.ToString();
    }
}
