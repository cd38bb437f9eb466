using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Core;

namespace Gateway.Azure.Tables;

/// <summary>
/// A table for each month of messages, so that old stories go by dropping a table; in it a partition for each message, whose name begins
/// with the id's random tail so that arrivals are spread (decision 006).
/// </summary>
internal static partial class ActivityTables
{
    public const string Prefix = "activity";

    /// <summary>By the message's own time, which its id tells: so a story is in one table however long it lasts.</summary>
    public static string NameOf(MessageId id) => Prefix + id.Time.ToString("yyyyMM", CultureInfo.InvariantCulture);

    public static string Partition(MessageId id)
    {
        var text = id.ToString();
        return $"{text[^3..]}-{text}";
    }

    /// <summary>The first moment after the table's month; null: the name is not of such a table.</summary>
    /// <param name="name">Without the account's prefix.</param>
    public static DateTimeOffset? EndOf(string name) =>
        Name().IsMatch(name) && DateTimeOffset.TryParseExact(name[Prefix.Length..], "yyyyMM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var month)
            ? month.AddMonths(1)
            : null;

    [GeneratedRegex(@"\Aactivity[0-9]{6}\z")]
    private static partial Regex Name();
}
