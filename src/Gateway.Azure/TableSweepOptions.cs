namespace Gateway.Azure;

/// <summary>What is deleted from the tables, and when.</summary>
public class TableSweepOptions
{
    /// <summary>
    /// How long the story of a message is kept, from its arrival; whole months are deleted. Default 90 days: a message that is kept for a record is
    /// not there longer.
    /// </summary>
    public TimeSpan ActivityRetention { get; set; } = TimeSpan.FromDays(90);

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (ActivityRetention < TimeSpan.FromDays(30) || ActivityRetention > TimeSpan.FromDays(3650))
        {
            yield return "Stages:ActivityRetention must be between 30 and 3,650 days";
        }
    }
}
