using System.Collections.Immutable;
using System.Globalization;
using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Receiver;

/// <summary>How a receiver behaves.</summary>
/// <param name="Secrets">To verify with.</param>
/// <param name="Fail">Misbehave on purpose; null: never.</param>
/// <param name="Delay">Wait before answering.</param>
internal sealed record ReceiverOptions(ImmutableArray<WebhookSecret> Secrets, PlannedFailure? Fail, TimeSpan Delay);

/// <summary>An answer to give instead of 200.</summary>
/// <param name="Status">200 to 599.</param>
/// <param name="Times">How often for each delivery; null: always.</param>
internal sealed record PlannedFailure(int Status, int? Times)
{
    /// <summary>"503" or "503:2"; null for anything else.</summary>
    public static PlannedFailure? Parse(string text)
    {
        var parts = text.Split(':');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 200 or > 599)
        {
            return null;
        }

        return parts.Length == 1 ? new(status, null)
            : int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var times) && times is > 0 and <= 1000 ? new(status, times)
            : null;
    }
}
