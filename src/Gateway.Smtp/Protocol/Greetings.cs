using System.Globalization;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>The replies that name this server: greeting, HELO and EHLO (RFC 5321 sections 3.1 and 4.1.1.1). They carry no enhanced code.</summary>
/// <param name="options">What is announced is what they enforce.</param>
public sealed class Greetings(SmtpOptions options)
{
    public Reply Greeting { get; } = new(220, null, $"{options.Hostname} ESMTP");

    public Reply Helo { get; } = new(250, null, options.Hostname);

    private Reply Bare { get; } = Of([.. Keywords(options)]);

    private Reply WithStartTls { get; } = Of([.. Keywords(options), "STARTTLS"]); // RFC 3207

    private Reply WithAuth { get; } = Of([.. Keywords(options), SaslMechanisms.EhloKeyword]);

    /// <summary>The reply to EHLO, with what is there for this client now.</summary>
    /// <param name="offersStartTls">It is in plain text, and there is a certificate.</param>
    /// <param name="offersAuth">It is over TLS, and may submit mail.</param>
    public Reply Ehlo(bool offersStartTls, bool offersAuth) => offersAuth ? WithAuth : offersStartTls ? WithStartTls : Bare;

    private static Reply Of(string[] lines) => new(250, null, string.Join('\n', lines));

    private static string[] Keywords(SmtpOptions options) =>
    [
        options.Hostname,
        "PIPELINING", // RFC 2920
        string.Create(CultureInfo.InvariantCulture, $"SIZE {options.MaxMessageOctets}"), // RFC 1870
        "8BITMIME", // RFC 6152
        "SMTPUTF8", // RFC 6531
        "ENHANCEDSTATUSCODES", // RFC 2034
        "CHUNKING", // RFC 3030
        "BINARYMIME",
        string.Create(CultureInfo.InvariantCulture, $"LIMITS MAILMAX={options.MaxTransactions} RCPTMAX={options.MaxRecipients}"), // RFC 9422
    ];
}
