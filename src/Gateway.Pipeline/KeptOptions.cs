using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline;

/// <summary>How long records of stored, unrouted and dead-lettered mail stay. Shared by all replicas: the records are in the state store.</summary>
public sealed class KeptOptions
{
    /// <summary>
    /// From when a record is written until it is gone. Default 30 days, the least that raw messages are kept for (invariant 12);
    /// whoever raises it raises the retention of kept raw messages too.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeptRetention { get; set; } = TimeSpan.FromDays(30);
}

[OptionsValidator]
internal sealed partial class KeptOptionsValidator : IValidateOptions<KeptOptions>;
