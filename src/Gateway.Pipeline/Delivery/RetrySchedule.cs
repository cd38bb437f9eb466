using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Events;

namespace Gateway.Pipeline.Delivery;

/// <summary>How long a delivery waits. Judged by the number of attempts and never by the clock: time spent parked or queued does not count.</summary>
public static class RetrySchedule
{
    /// <summary>Waits that <see cref="AnswerAction.RetryShort"/> may use: about 16 hours.</summary>
    public const int ShortWaits = 9;

    /// <summary>Longest time that an endpoint can ask for by Retry-After.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    private const double JitterShare = 0.1;

    /// <summary>The wait after the first attempt, the second, and so on: three days in all.</summary>
    public static readonly ImmutableArray<TimeSpan> Waits =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
        TimeSpan.FromHours(2),
        TimeSpan.FromHours(4),
        TimeSpan.FromHours(8),
        TimeSpan.FromHours(12),
        TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    /// <summary>The wait before the next attempt, 10 % more or less; null when there is none left and the delivery is dead.</summary>
    /// <param name="item">Its attempt is the number of requests before the one that just failed.</param>
    /// <param name="action">Retry or RetryShort.</param>
    /// <param name="retryAfter">What the endpoint asked for: waited at least, up to <see cref="MaxRetryAfter"/>.</param>
    public static TimeSpan? Next(DeliveryEvent item, AnswerAction action, TimeSpan? retryAfter)
    {
        var most = action == AnswerAction.RetryShort ? ShortWaits : Waits.Length;
        if (item.Attempt < 0 || item.Attempt >= most)
        {
            return null;
        }

        var wait = Spread(item, Waits[item.Attempt]);
        var asked = retryAfter is { } after ? (after < MaxRetryAfter ? after : MaxRetryAfter) : TimeSpan.Zero;
        return wait > asked ? wait : asked;
    }

    /// <summary>A wait made 10 % longer or shorter, or something between, so that what failed together does not come again together.</summary>
    public static TimeSpan Spread(DeliveryEvent item, TimeSpan wait) => wait * (1 - JitterShare + (2 * JitterShare * Jitter(item)));

    /// <summary>
    /// A number from 0 up to 1 that spreads deliveries in time. It is made of the send and not drawn, so that an event that is worked on
    /// twice gives the same copy twice and duplicate detection has nothing to tell apart.
    /// </summary>
    internal static double Jitter(DeliveryEvent item)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{item.DeliveryId}:{item.Run}:{item.Send}"), hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash) / (uint.MaxValue + 1.0);
    }
}
