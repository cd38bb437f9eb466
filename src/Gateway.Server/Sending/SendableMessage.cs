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
    /// <exception cref="UsageException">A file cannot be read or has no recipients, or an address is malformed; all are named.</exception>
    public static IReadOnlyList<SendableMessage> Load(string[] files, string? from, string[] to)
    {
        var problems = new List<string>();
        var sender = from is null ? null : Address("--from", from, problems);
        var recipients = to.Select(text => Address("--to", text, problems)).OfType<MailboxAddress>().ToList();
        var messages = files.Length == 0
            ? [Envelope("the sample message", Sample(), sender, recipients, problems)]
            : files.Select(file => Read(file, problems) is { } message ? Envelope(file, message, sender, recipients, problems) : null).ToList();
        return problems.Count == 0
            ? [.. messages.OfType<SendableMessage>()]
            : throw new UsageException(string.Join($"{Environment.NewLine}gateway: ", problems));
    }

    private static SendableMessage? Envelope(string name, MimeMessage message, MailboxAddress? from, List<MailboxAddress> to, List<string> problems)
    {
        var recipients = to.Count > 0 ? to : [.. message.GetRecipients(onlyUnique: true)];
        if (recipients.Count > 0)
        {
            return new(name, message, from ?? message.Sender ?? message.From.Mailboxes.FirstOrDefault() ?? new("", ""), recipients);
        }

        problems.Add($"{name} has no recipients; name them with --to");
        return null;
    }

    private static MailboxAddress? Address(string option, string text, List<string> problems)
    {
        if (text.Length == 0 && option == "--from")
        {
            return new("", "");
        }

        if (MailboxAddress.TryParse(text, out var address) && address.Address.Contains('@', StringComparison.Ordinal))
        {
            return address;
        }

        problems.Add($"{option} {text} is not an address");
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
            problems.Add($"{file} cannot be read: {e.Message.TrimEnd('.')}");
        }
        catch (FormatException)
        {
            problems.Add($"{file} is not a message");
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
