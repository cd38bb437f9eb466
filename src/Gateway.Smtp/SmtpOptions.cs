using System.ComponentModel.DataAnnotations;
using Gateway.Smtp.Protocol;
using Microsoft.Extensions.Options;

namespace Gateway.Smtp;

/// <summary>Settings of the SMTP server. All limits and rates are per replica.</summary>
public sealed class SmtpOptions
{
    /// <summary>Name given in the greeting and in Received fields; a fully qualified domain name (RFC 5321 section 2.3.5). No default.</summary>
    [Required]
    [StringLength(253)]
    [RegularExpression(@"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")]
    public string Hostname { get; set; } = "";

    /// <summary>Largest message taken, in octets; also announced as SIZE (RFC 1870). Default 52,428,800 (50 MiB), at most 150 MiB.</summary>
    [Range(65_536, 157_286_400)]
    public long MaxMessageOctets { get; set; } = 50 * 1024 * 1024;

    /// <summary>
    /// Recipients of one transaction; past it 452 4.5.3, and the client sends again for the rest. Announced as RCPTMAX (RFC 9422 section 4.2). Default 100, which RFC 5321
    /// section 4.5.3.1.8 asks for; at most 200, which an event has room for.
    /// </summary>
    [Range(1, 200)]
    public int MaxRecipients { get; set; } = 100;

    /// <summary>
    /// Transactions of one connection, begun by MAIL; past it 421 4.7.0, and the client connects again. Announced as MAILMAX (RFC 9422 section 4.1).
    /// Default 1,000, Exim's smtp_accept_max_per_connection.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxTransactions { get; set; } = 1_000;

    /// <summary>Longest command line in octets, CRLF included. Default 2,048, Postfix's line_length_limit; RFC 5321 section 4.5.3.1.4 asks for 512.</summary>
    [Range(512, 8_192)]
    public int MaxCommandLineOctets { get; set; } = 2_048;

    /// <summary>Octets of an overlong command line that are skipped before the connection is closed instead. Default 65,536; our own.</summary>
    [Range(1_024, 1_048_576)]
    public int MaxSkippedLineOctets { get; set; } = 65_536;

    /// <summary>
    /// Longest line of a message in octets, CRLF included; past it 554 5.6.0. Default 65,536: RFC 5321 section 4.5.3.1.6 allows 1,000, but
    /// deployed senders write longer ones and lines are never buffered here.
    /// </summary>
    [Range(1_000, 16_777_216)]
    public int MaxDataLineOctets { get; set; } = 65_536;

    /// <summary>
    /// A CR without LF, a LF without CR, or a NUL in a message that is not BODY=BINARYMIME. Refuse, the default: 521 5.5.2 in DATA, 554 5.6.0
    /// for a NUL and in BDAT. Accept: stored as sent, with the defects bare_line_ending and nul_octet; still only CRLF.CRLF ends DATA, which
    /// is what keeps mail from being smuggled.
    /// </summary>
    [EnumDataType(typeof(BareLineEndings))]
    public BareLineEndings BareLineEndings { get; set; } = BareLineEndings.Refuse;

    /// <summary>
    /// Connections at one time; past it 421 4.3.2. Default 1,000; our own. An idle one costs under 5 KB (over TLS some 40), one in the middle of a line or a message
    /// 64 KB more.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxConnections { get; set; } = 1_000;

    /// <summary>5xx replies on one connection; past it 421 4.7.0. Default 20, Postfix's smtpd_hard_error_limit.</summary>
    [Range(1, 1_000)]
    public int MaxErrors { get; set; } = 20;

    /// <summary>
    /// Commands on one connection since it began or since its last accepted message; past it 421 4.7.0. Default 1,000; our own. Who
    /// delivers mail may go on.
    /// </summary>
    [Range(10, 100_000)]
    public int MaxCommands { get; set; } = 1_000;

    /// <summary>
    /// Logins with wrong credentials on one connection, each answered 535 5.7.8; AUTH past it is 421 4.7.0, unlooked at. Default 3; our own.
    /// </summary>
    [Range(1, 100)]
    public int MaxAuthFailures { get; set; } = 3;

    /// <summary>Time that the reply to wrong credentials is held back. Default 2 seconds, Dovecot's auth_failure_delay; 0: none. It ends when the server drains.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan AuthFailureDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Wait for a turn at having a password checked, of which there is one for every two cores; then 454 4.7.0, and the client tries again. Default 30
    /// seconds; our own. SCRAM needs no turn.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:04:00")]
    public TimeSpan AuthCheckTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Received fields in the header; past it the message is taken for a loop: 554 5.4.6. Default 50, Postfix's hopcount_limit; RFC 5321
    /// section 6.3 advises 100, but each turn of a loop through this server costs a webhook.
    /// </summary>
    [Range(10, 200)]
    public int MaxHops { get; set; } = 50;

    /// <summary>Wait for a whole command line. Default 5 minutes; RFC 5321 section 4.5.3.2.7 asks for no less.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time that the intake has to open before DATA is answered 451. Default 1 minute: the client waits 2 (RFC 5321 section 4.5.3.2.4).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan DataInitiationTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Wait for the next octets of a message, and for the intake to take them. Default 3 minutes (RFC 5321 section 4.5.3.2.5).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan DataBlockTimeout { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Time for making a message durable before it is answered 451. Default 5 minutes: the client waits 10 (RFC 5321 section 4.5.3.2.6),
    /// and one that gives up first gets the message twice.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan DataTerminationTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Longest time from the connection, or from its last accepted message, to the end of the next one; then 421 4.4.2. It ends the client
    /// that sends an octet now and then, whatever the other timeouts. Default 1 hour; our own.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan MaxTransactionDuration { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Time for the TLS handshake, then the connection is closed. Default 30 seconds; our own.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan TlsHandshakeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether clients are asked for a certificate. Default <see cref="ClientCertificates.Ignore"/>, as Postfix's smtpd_tls_ask_ccert is: asking costs
    /// resumption, and CPU for whatever a client sends (<see cref="ClientCertificates.Request"/> says how much).
    /// </summary>
    [EnumDataType(typeof(ClientCertificates))]
    public ClientCertificates ClientCertificates { get; set; }

    /// <summary>Time for one question to admission, then it is as <see cref="MissedAdmission"/> says. Default 30 seconds: the client waits 5 minutes (RFC 5321 section 4.5.3.2.3).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:04:00")]
    public TimeSpan AdmissionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What becomes of a client whom admission has no answer for in time. Default <see cref="MissedAdmission.TryAgain"/>; our own.</summary>
    [EnumDataType(typeof(MissedAdmission))]
    public MissedAdmission MissedAdmission { get; set; }

    /// <summary>Time for the client to take replies, then the connection is cut. Default 1 minute; our own.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ReplyTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Time for messages in flight when the server shuts down, then they are cut. Default 25 seconds: containers get 30 by default.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(25);
}

/// <summary>Names every fault of the settings at once.</summary>
[OptionsValidator]
public sealed partial class SmtpOptionsValidator : IValidateOptions<SmtpOptions>;
