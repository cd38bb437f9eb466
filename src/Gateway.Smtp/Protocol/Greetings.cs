using System.Globalization;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>The replies that name this server: greeting, HELO and EHLO (RFC 5321 sections 3.1 and 4.1.1.1). They carry no enhanced code.</summary>
public sealed class Greetings(string hostname, long maxMessageOctets)
{
    public Reply Greeting { get; } = new(220, null, $"{hostname} ESMTP");

    public Reply Helo { get; } = new(250, null, hostname);

    public Reply Ehlo { get; } = new(250, null, string.Join('\n', Keywords(hostname, maxMessageOctets)));

    public Reply EhloWithStartTls { get; } = new(250, null, string.Join('\n', [.. Keywords(hostname, maxMessageOctets), "STARTTLS"]));

    private static string[] Keywords(string hostname, long maxMessageOctets) =>
    [
        hostname,
        "PIPELINING", // RFC 2920
        string.Create(CultureInfo.InvariantCulture, $"SIZE {maxMessageOctets}"), // RFC 1870
        "8BITMIME", // RFC 6152
        "ENHANCEDSTATUSCODES", // RFC 2034
    ];
}
