using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Delivery;

/// <summary>How webhooks are sent.</summary>
public sealed class DeliveryOptions
{
    /// <summary>Requests under way to one endpoint, per process. Default 8; keep it under the concurrency of the stage.</summary>
    [Range(1, 1000)]
    public int SlotsPerEndpoint { get; set; } = 8;

    /// <summary>How long the links of one attempt work. Default 24 hours, at most 6 days (Azure signs for less than 7); each attempt makes new ones.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "6.00:00:00")]
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often a delivery to a parked endpoint looks whether it is still parked. Default 10 minutes, 10 % more or less.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "12:00:00")]
    public TimeSpan ParkedRecheck { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a delivery waits for a parked endpoint before it is dead-lettered. Default 7 days, within the least retention of raw messages.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "14.00:00:00")]
    public TimeSpan ParkedFor { get; set; } = TimeSpan.FromDays(7);
}

[OptionsValidator]
internal sealed partial class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>;
