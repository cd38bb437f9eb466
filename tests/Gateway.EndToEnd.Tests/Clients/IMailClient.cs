using System.Net;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>A program or a library of others that sends mail. Each calls itself <see cref="Helo"/>.</summary>
internal interface IMailClient
{
    /// <summary>What all of them are told to say at EHLO.</summary>
    const string Helo = "client.example";

    /// <summary>What it says of a message at MAIL.</summary>
    Declared Declares { get; }

    /// <summary>Sends one message. Skips the test where the client is not on the machine.</summary>
    Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel);

    /// <summary>The client that a test case names.</summary>
    static IMailClient Of(ClientName name) => name switch
    {
        ClientName.MailKit => new MailKitClient(),
        ClientName.Swaks => new SwaksClient(),
        ClientName.Postfix => new PostfixClient(),
        ClientName.Nodemailer => new NodemailerClient(),
        ClientName.Smtplib => new SmtplibClient(),
        ClientName.Curl => new CurlClient(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}

/// <summary>The clients, for test cases.</summary>
public enum ClientName
{
    MailKit,
    Swaks,
    Postfix,
    Nodemailer,
    Smtplib,
    Curl,
}

/// <summary>How a client is told to connect.</summary>
public enum Security
{
    /// <summary>In plain text, although STARTTLS is offered.</summary>
    Plain,

    /// <summary>By STARTTLS, whatever the certificate.</summary>
    StartTls,
}

/// <summary>Parameters of MAIL.</summary>
[Flags]
internal enum Declared
{
    Nothing = 0,

    /// <summary>SIZE= (RFC 1870).</summary>
    Size = 1,

    /// <summary>BODY=8BITMIME (RFC 6152).</summary>
    EightBit = 2,
}

/// <summary>One message to be sent.</summary>
/// <param name="Server">Where to.</param>
/// <param name="Security">How.</param>
/// <param name="From">Reverse-path.</param>
/// <param name="To">Forward-paths.</param>
/// <param name="Message">The message; ends in CRLF.</param>
internal sealed record Submission(IPEndPoint Server, Security Security, string From, IReadOnlyList<string> To, byte[] Message);

/// <summary>What a client says has become of a message.</summary>
/// <param name="IsSent">The server has taken it for each recipient.</param>
/// <param name="Said">In its own words.</param>
internal sealed record ClientReport(bool IsSent, string Said);
