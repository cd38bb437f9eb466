using MimeKit;

namespace Gateway.Server.Sending;

/// <summary>A message with its envelope.</summary>
/// <param name="Name">The file, for errors.</param>
/// <param name="Message">What goes into DATA; MimeKit writes back the octets that it read.</param>
/// <param name="From">Null: the null reverse-path.</param>
/// <param name="To">At least one.</param>
internal sealed record SendableMessage(string Name, MimeMessage Message, MailboxAddress From, IReadOnlyList<MailboxAddress> To)
{
    /// <summary>Reads the files and makes the envelopes.</summary>
    /// <param name="files">Empty: a sample message.</param>
    /// <param name="from">Null: the message's From; "" is the null reverse-path.</param>
    /// <param name="to">Empty: the message's own recipients.</param>
    /// <exception cref="UsageException">A file cannot be read or has no recipients; all are named.</exception>
    public static IReadOnlyList<SendableMessage> Load(string[] files, MailboxAddress? from, MailboxAddress[] to)
    {
        var problems = new List<string>();
        var messages = files.Length == 0
            ? [Envelope("the sample message", Sample(), from, to, problems)]
            : files.Select(file => Read(file, problems) is { } message ? Envelope(file, message, from, to, problems) : null).ToList();
        return problems.Count == 0
            ? [.. messages.OfType<SendableMessage>()]
            : throw new UsageException(string.Join($"{Environment.NewLine}gateway: ", problems));
    }

    private static SendableMessage? Envelope(string name, MimeMessage message, MailboxAddress? from, MailboxAddress[] to, List<string> problems)
    {
        MailboxAddress[] recipients = to.Length > 0 ? to : [.. message.GetRecipients(onlyUnique: true)];
        if (recipients.Length > 0)
        {
            return new(name, message, from ?? message.Sender ?? message.From.Mailboxes.FirstOrDefault() ?? new("", ""), recipients);
        }

        problems.Add($"{name} has no recipients; name them with --to");
        return null;
    }

    private static MimeMessage? Read(string file, List<string> problems)
    {
        try
        {
            return MimeMessage.Load(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(file) ? "it is a directory"
                : e is FileNotFoundException or DirectoryNotFoundException ? "it is not there"
                : e.Message.TrimEnd('.');
            problems.Add($"{file} cannot be read: {reason}");
        }
        catch (FormatException)
        {
            problems.Add($"{file} is not a message: it does not begin with header fields");
        }

        return null;
    }

    private static MimeMessage Sample()
    {
        var message = new MimeMessage { Subject = "Hello from the gateway" };
        message.From.Add(new MailboxAddress("Alice", "alice@example.org"));
        message.To.Add(new MailboxAddress("Support", "support@in.example.com"));
        message.Body = new BodyBuilder
        {
            TextBody = "This is a sample message.\r\nIt was sent by gateway send.\r\n",
            HtmlBody = "<p>This is a sample message.<br>It was sent by <b>gateway send</b>.</p>\r\n",
        }.ToMessageBody();
        return message;
    }
}
