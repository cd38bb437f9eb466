using System.Globalization;

namespace Gateway.Functions.Tests;

/// <summary>A timer's schedule as six numeric fields, which is what ours are; the host also reads names of months and days, and time spans.</summary>
internal static class Schedule
{
    private static readonly (string Name, int Least, int Most)[] Fields =
        [("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of the week", 0, 6)];

    /// <summary>What is wrong with it; null: nothing.</summary>
    public static string? Problem(string schedule)
    {
        var texts = schedule.Split(' ');
        return texts.Length != Fields.Length
            ? $"has {texts.Length} fields, not {Fields.Length}"
            : texts.Zip(Fields).SelectMany(pair => pair.First.Split(',').Select(item => Problem(item, pair.Second))).OfType<string>().FirstOrDefault();
    }

    /// <summary>One of <c>*</c>, a number or a range, and maybe a step.</summary>
    private static string? Problem(string item, (string Name, int Least, int Most) field)
    {
        var parts = item.Split('/', 2);
        if (parts.Length == 2 && Number(parts[1]) is null or < 1)
        {
            return $"{field.Name}: {parts[1]} is no step";
        }

        if (parts[0] == "*")
        {
            return null;
        }

        var ends = parts[0].Split('-', 2);
        foreach (var end in ends)
        {
            if (Number(end) is not { } number)
            {
                return $"{field.Name}: {end} is no number";
            }

            if (number < field.Least || number > field.Most)
            {
                return $"{field.Name}: {end} is not from {field.Least} to {field.Most}";
            }
        }

        return Number(ends[0]) > Number(ends[^1]) ? $"{field.Name}: {parts[0]} is no range" : null;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
