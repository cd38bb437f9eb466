using Gateway.Core;

namespace Gateway.Smtp;

/// <summary>
/// What one client, or all of them together, may take of this server. Per replica. They are there for abuse and not for good mail: who is over one is told
/// to come back later, and a minute's worth of anything may come at once. Where the client is unknown only what counts all connections applies.
/// </summary>
/// <remarks>What is counted a minute is counted by IPv4 address, and by /64 of IPv6, the least network that is given out: whoever has one address of it has all of them.</remarks>
public sealed class LimitOptions
{
    /// <summary>The word for <see cref="Exempt"/> that exempts nobody.</summary>
    public const string Nobody = "none";

    private const int MostConnections = 100_000;
    private const int MostAMinute = 1_000_000;
    private const int MostOctetsPerSecond = 65_536;
    private const int LeastRecipients = 100;
    private const int LeastTracked = 1_024;
    private const int MostTracked = 1_000_000;
    private const int MostTarpittedPercent = 50;
    private const long LeastMemory = 1024 * 1024;
    private const long MostMemory = 64L * 1024 * 1024 * 1024;
    private const char Separator = ',';
    private static readonly TimeSpan LongestTarpitStep = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestGreetDelay = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Who is not limited by address: networks (10.1.0.0/24, 2001:db8::/64) and single addresses, separated by commas. Their connections count among all, and not among those
    /// of their network. Default "127.0.0.0/8,::1"; Postfix exempts its own networks (smtpd_client_event_limit_exceptions). "none", or null: nobody.
    /// </summary>
    public string? Exempt { get; set; } = "127.0.0.0/8,::1";

    /// <summary>Connections of one address (of IPv6 too) at one time; past it 421 4.7.0. Default 50, Postfix's smtpd_client_connection_count_limit; 0 to 100,000, 0 is no limit.</summary>
    public int ConnectionsPerAddress { get; set; } = 50;

    /// <summary>
    /// Connections of one network, an IPv4 /24 or an IPv6 /64, at one time; past it 421 4.7.0. Default 200, a fifth of what MaxConnections is by default: the big senders have many
    /// addresses in one. Our own; mox has 90 for an IPv4 /26 and 270 for a /21. 0 to 100,000, 0 is no limit; no less than <see cref="ConnectionsPerAddress"/>.
    /// </summary>
    public int ConnectionsPerNetwork { get; set; } = 200;

    /// <summary>New connections of one address a minute; past it 421 4.7.0. Default 300, as mox and Stalwart (5 a second) have it; Postfix has no limit. 0 to 1,000,000, 0 is no limit.</summary>
    public int ConnectionsPerMinute { get; set; } = 300;

    /// <summary>
    /// MAIL commands of one address a minute, whatever becomes of them; past it 450 4.7.1. Default 1,000: one IPv6 /64 may be all of a mailbox provider. Our own; mox has 500, Postfix no limit.
    /// 0 to 1,000,000, 0 is no limit.
    /// </summary>
    public int MessagesPerMinute { get; set; } = 1_000;

    /// <summary>
    /// RCPT commands of one address a minute, whatever becomes of them; past it 450 4.7.1. Default 3,000, our own: who looks for addresses is held by <see cref="ErrorsPerMinute"/>.
    /// Postfix has no limit. 100 to 1,000,000, since RFC 5321 section 4.5.3.1.8 asks for 100 in one transaction; 0 is no limit.
    /// </summary>
    public int RecipientsPerMinute { get; set; } = 3_000;

    /// <summary>
    /// 5xx replies to one address a minute, over all of its connections; past it 421 4.7.0, to whoever connects or says RCPT too, until there is room again: so nobody finds out
    /// more addresses in a minute. Default 100, our own: of what big senders send a few in a hundred are refused, so that a thousand messages a minute stay under it, and who
    /// tries out addresses gets no further than with five connections of MaxErrors. 0 to 1,000,000, 0 is no limit.
    /// </summary>
    public int ErrorsPerMinute { get; set; } = 100;

    /// <summary>5xx replies on one connection before those that follow are delayed. Default 10, Postfix's smtpd_soft_error_limit. 0 to 1,000; from Smtp:MaxErrors on nothing is delayed.</summary>
    public int TarpitAfterErrors { get; set; } = 10;

    /// <summary>
    /// By how much each further 5xx reply is delayed more than the one before, up to 30 seconds: clients wait 5 minutes (RFC 5321 section 4.5.3.2). Default 1 second,
    /// Postfix's smtpd_error_sleep_time. 0 to 10 seconds, 0 is no delay.
    /// </summary>
    public TimeSpan TarpitDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The part of Smtp:MaxConnections that may be delayed at one time; the error budget alone ends the others. Default 10 percent, our own; 0 to 50, 0 is no delay.</summary>
    public int MaxTarpittedPercent { get; set; } = 10;

    /// <summary>
    /// How long a client is made to wait for the greeting; who sends before it is answered 521 5.5.1. Not where TLS comes first. Default 0, off, as in Postfix where postscreen is not used;
    /// with it 6 seconds. 0 to 1 minute: clients wait 5 (RFC 5321 section 4.5.3.2.1).
    /// </summary>
    public TimeSpan GreetDelay { get; set; }

    /// <summary>
    /// The least that a message has to come at, in octets per second of waiting for the client; past a reserve of DataBlockTimeout 421 4.4.2. Default 100, our own: Postfix's
    /// smtpd_min_data_rate is 500, by default when it is overloaded only. 0 to 65,536, 0 is no limit.
    /// </summary>
    public int MinDataRate { get; set; } = 100;

    /// <summary>
    /// Memory for input buffers and messages in flight, in octets; past it 421 4.3.2, to new connections somewhat earlier. Default 134,217,728 (128 MiB): as much as the 1,000 connections
    /// that MaxConnections is by default take when all are in the middle of a message. Our own; raise both together. 1 MiB to 64 GiB.
    /// </summary>
    public long MaxMemoryOctets { get; set; } = 128 * 1024 * 1024;

    /// <summary>
    /// Addresses whose rates are remembered; the one that was connected least recently is forgotten first, none while it is connected. Default 65,536, our own: some 10 MB. 1,024 to 1,000,000.
    /// </summary>
    public int TrackedAddresses { get; set; } = 65_536;

    /// <summary>Everything that is wrong with the settings, a sentence each that begins with <c>Limits:Name</c>; empty: nothing.</summary>
    public IEnumerable<string> Problems() =>
    [
        .. ExemptProblems(),
        .. Outside(nameof(ConnectionsPerAddress), ConnectionsPerAddress, 0, MostConnections),
        .. Outside(nameof(ConnectionsPerNetwork), ConnectionsPerNetwork, 0, MostConnections),
        .. NetworkProblems(),
        .. Outside(nameof(ConnectionsPerMinute), ConnectionsPerMinute, 0, MostAMinute),
        .. Outside(nameof(MessagesPerMinute), MessagesPerMinute, 0, MostAMinute),
        .. RecipientsPerMinute == 0 ? [] : Outside(nameof(RecipientsPerMinute), RecipientsPerMinute, LeastRecipients, MostAMinute, ", or 0 for no limit"),
        .. Outside(nameof(ErrorsPerMinute), ErrorsPerMinute, 0, MostAMinute),
        .. Outside(nameof(TarpitAfterErrors), TarpitAfterErrors, 0, 1_000),
        .. Outside(nameof(TarpitDelay), TarpitDelay, LongestTarpitStep),
        .. Outside(nameof(MaxTarpittedPercent), MaxTarpittedPercent, 0, MostTarpittedPercent),
        .. Outside(nameof(GreetDelay), GreetDelay, LongestGreetDelay),
        .. Outside(nameof(MinDataRate), MinDataRate, 0, MostOctetsPerSecond),
        .. Outside(nameof(MaxMemoryOctets), MaxMemoryOctets, LeastMemory, MostMemory),
        .. Outside(nameof(TrackedAddresses), TrackedAddresses, LeastTracked, MostTracked),
    ];

    /// <summary><see cref="Exempt"/> without what is wrong.</summary>
    internal NetworkList ExemptNetworks() => NetworkList.Of(Entries());

    private string[] Entries() => Exempt is null or Nobody ? [] : Exempt.Split(Separator, StringSplitOptions.TrimEntries);

    private IEnumerable<string> ExemptProblems()
    {
        if (Exempt is not null && string.IsNullOrWhiteSpace(Exempt))
        {
            return [$"Limits:Exempt is empty: for nobody it is {Nobody}"];
        }

        return Entries().Select(entry => (entry, problem: NetworkList.ProblemOf(entry)))
            .Where(found => found.problem is not null)
            .Select(found => $"Limits:Exempt has {found.entry}, {found.problem}");
    }

    private IEnumerable<string> NetworkProblems() => ConnectionsPerNetwork > 0 && ConnectionsPerNetwork < ConnectionsPerAddress
        ? ["Limits:ConnectionsPerNetwork must be no less than ConnectionsPerAddress: an address would never come that far"]
        : [];

    private static IEnumerable<string> Outside(string name, long value, long least, long most, string or = "") => value < least || value > most
        ? [FormattableString.Invariant($"Limits:{name} must be between {least:N0} and {most:N0}{or}")]
        : [];

    private static IEnumerable<string> Outside(string name, TimeSpan value, TimeSpan most) => value < TimeSpan.Zero || value > most
        ? [FormattableString.Invariant($"Limits:{name} must be between 0 and {most.TotalSeconds} seconds")]
        : [];
}
