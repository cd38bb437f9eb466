namespace Gateway.Azure;

/// <summary>What is deleted from the tables, and when.</summary>
public class TableSweepOptions
{
    /// <summary>
    /// How long the story of a message is kept, from its arrival; whole months are deleted. Default 90 days: a message that is kept for a record is
    /// not there longer.
    /// </summary>
    public TimeSpan ActivityRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long records of dead-lettered, stored and unrouted mail stay, from when each is written. Default 30 days; the lifecycle of the container <c>kept</c>, which
    /// is infra's, has to be two days longer, since records come later than what they refer to.
    /// </summary>
    public TimeSpan KeptRetention { get; set; } = TimeSpan.FromDays(30);

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (ActivityRetention < TimeSpan.FromDays(30) || ActivityRetention > TimeSpan.FromDays(3650))
        {
            yield return "Stages:ActivityRetention must be between 30 and 3,650 days";
        }

        if (KeptRetention < TimeSpan.FromDays(30) || KeptRetention > TimeSpan.FromDays(3650))
        {
            yield return "Stages:KeptRetention must be between 30 and 3,650 days";
        }
    }
}
