using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Messaging.ServiceBus;

namespace Gateway.Azure.Bus;

/// <summary>
/// Puts off an event whose work failed because a store or the bus did: a copy with a due time takes its place. Given back it would come again
/// ten times in some minutes and then be a dead letter, which an outage of an hour must not make of accepted mail.
/// </summary>
internal sealed class Postponement(ServiceBusSender sender, TimeProvider clock)
{
    /// <summary>How long an event is put off in all, from its first failure on; as long as a delivery is tried. Time in which nobody received it does not count.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(3);

    private const string CountProperty = "gateway-postponed";
    private const string SinceProperty = "gateway-first-failed";

    /// <summary>So much is left of the service's 128 characters for what goes behind an id.</summary>
    private const int MaxOriginalChars = 100;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    public bool IsTooOld(ServiceBusReceivedMessage message) => clock.GetUtcNow() - Since(message) > MaxAge;

    /// <summary>Completes when the copy is accepted; then the original may be completed. Done again for the same handing-out it is no second copy.</summary>
    /// <returns>When the copy is due.</returns>
    public async Task<DateTimeOffset> PostponeAsync(ServiceBusReceivedMessage message, CancellationToken cancel)
    {
        var count = Count(message) + 1;
        var due = clock.GetUtcNow() + WaitBefore(count);
        var copy = new ServiceBusMessage(message) { MessageId = $"{Original(message)}~{count}", ScheduledEnqueueTime = due };
        copy.ApplicationProperties[CountProperty] = count;
        copy.ApplicationProperties[SinceProperty] = Since(message).ToString("O", CultureInfo.InvariantCulture);
        await sender.SendMessageAsync(copy, cancel);
        return due;
    }

    /// <summary>15 s, 30 s, 1 min … 5 min.</summary>
    internal static TimeSpan WaitBefore(int count) =>
        TimeSpan.FromSeconds(Math.Min(FirstWait.TotalSeconds * (1L << Math.Clamp(count - 1, 0, 30)), LongestWait.TotalSeconds));

    private static int Count(ServiceBusReceivedMessage message) =>
        message.ApplicationProperties.TryGetValue(CountProperty, out var value) && value is int count and >= 0 and < int.MaxValue ? count : 0;

    private DateTimeOffset Since(ServiceBusReceivedMessage message) =>
        message.ApplicationProperties.TryGetValue(SinceProperty, out var value)
        && DateTimeOffset.TryParse(value as string, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var since)
            ? since
            : clock.GetUtcNow();

    /// <summary>What comes from elsewhere may have no id, or one as long as may be: copies of two such events must not be each other's duplicates.</summary>
    private static string Original(ServiceBusReceivedMessage message) => message.MessageId switch
    {
        null or "" => $"seq-{message.EnqueuedSequenceNumber}",
        var id when Count(message) > 0 && id.LastIndexOf('~') is > 0 and var mark => id[..mark],
        { Length: > MaxOriginalChars } id => $"sha256-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))}",
        var id => id,
    };
}
