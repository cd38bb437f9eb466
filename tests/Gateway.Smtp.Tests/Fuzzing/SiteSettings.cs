using Gateway.Smtp.Protocol;
using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>The servers that are tried.</summary>
internal enum SiteKind
{
    /// <summary>Small limits, the clock stands still, so that a script is answered the same each time.</summary>
    Strict,

    /// <summary>The same, but bare line endings are accepted and messages are judged.</summary>
    Lenient,

    /// <summary>Behind a proxy, with limits on each client.</summary>
    Proxied,

    /// <summary>Time flies, memory is short, greetings are late, errors are answered late, and the intake fails now and then.</summary>
    Hasty,
}

/// <summary>How they are set.</summary>
internal static class SiteSettings
{
    private const int HastyConnections = 20; // fewer than come

    extension(SiteKind kind)
    {
        /// <summary>A script is answered the same each time, whatever else goes on.</summary>
        public bool IsSteady => kind is SiteKind.Strict or SiteKind.Lenient;

        public SmtpOptions Options => new()
        {
            Hostname = "mx.example.net",
            MaxMessageOctets = 65_536,
            MaxRecipients = 4,
            MaxTransactions = 6,
            MaxErrors = kind == SiteKind.Strict ? 8 : 20,
            MaxCommands = 30,
            MaxCommandLineOctets = kind == SiteKind.Lenient ? 2_048 : 512,
            MaxSkippedLineOctets = 1_024,
            MaxDataLineOctets = kind == SiteKind.Lenient ? 4_096 : 1_000,
            MaxHops = 10,
            MaxAuthFailures = 2,
            MaxConnections = kind == SiteKind.Hasty ? HastyConnections : 1_000,
            BareLineEndings = kind == SiteKind.Lenient ? BareLineEndings.Accept : BareLineEndings.Refuse,
            CommandTimeout = TimeSpan.FromSeconds(kind == SiteKind.Hasty ? 30 : 300),
            DataBlockTimeout = TimeSpan.FromSeconds(kind == SiteKind.Hasty ? 30 : 180),
            TlsHandshakeTimeout = TimeSpan.FromMinutes(5), // all that is real about the hasty one's time
            AuthFailureDelay = kind == SiteKind.Hasty ? TimeSpan.FromSeconds(2) : TimeSpan.Zero,
        };

        public LimitOptions Limits => kind switch
        {
            SiteKind.Proxied => new()
            {
                Exempt = LimitOptions.Nobody,
                ConnectionsPerAddress = 3,
                ConnectionsPerNetwork = 5,
                ConnectionsPerMinute = 12,
                MessagesPerMinute = 8,
                RecipientsPerMinute = 100,
                ErrorsPerMinute = 12,
                TarpitDelay = TimeSpan.Zero,
                TrackedAddresses = 1_024,
            },
            SiteKind.Hasty => new()
            {
                Exempt = LimitOptions.Nobody,
                ConnectionsPerAddress = 0,
                ConnectionsPerNetwork = 0,
                ConnectionsPerMinute = 0,
                MessagesPerMinute = 0,
                RecipientsPerMinute = 0,
                ErrorsPerMinute = 0,
                TarpitAfterErrors = 1,
                MaxTarpittedPercent = 50,
                GreetDelay = TimeSpan.FromSeconds(1),
                MaxMemoryOctets = 1024 * 1024,
            },
            _ => new(),
        };

        public ClientIpOptions ClientIp => kind == SiteKind.Proxied ? new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.1" } : new();

        public SiteRules Rules => kind.RulesOf(kind.Options);

        private SiteRules RulesOf(SmtpOptions options) => new(
            options.MaxCommandLineOctets,
            options.MaxSkippedLineOctets,
            new DecodingLimits(options.MaxMessageOctets, options.MaxDataLineOctets, options.BareLineEndings),
            IsProxied: kind == SiteKind.Proxied,
            MayCut: kind == SiteKind.Hasty,
            MayTurnAway: kind == SiteKind.Hasty);
    }
}
