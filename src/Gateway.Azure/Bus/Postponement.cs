using System.Globalization;
using Azure.Messaging.ServiceBus;

namespace Gateway.Azure.Bus;

/// <summary>
/// Puts off an event whose work failed because a store or the bus did: a copy with a due time takes its place. Given back it would come again
/// ten times in some minutes and then be a dead letter, which an outage of an hour must not make of accepted mail.
/// </summary>
internal sealed class Postponement(ServiceBusSender sender, TimeProvider clock)
{
    /// <summary>How long an event is put off in all, as long as a delivery is tried.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(3);

    private const string CountProperty = "gateway-postponed";
    private const string SinceProperty = "gateway-first-enqueued";

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

    private static DateTimeOffset Since(ServiceBusReceivedMessage message) =>
        message.ApplicationProperties.TryGetValue(SinceProperty, out var value)
        && DateTimeOffset.TryParse(value as string, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var since)
            ? since
            : message.EnqueuedTime;

    private static string Original(ServiceBusReceivedMessage message) =>
        Count(message) > 0 && message.MessageId.LastIndexOf('~') is > 0 and var mark ? message.MessageId[..mark] : message.MessageId;
}
