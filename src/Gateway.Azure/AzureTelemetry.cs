using System.Diagnostics;

namespace Gateway.Azure;

/// <summary>Spans of this room.</summary>
public static class AzureTelemetry
{
    /// <summary>Of the activity source, the meter and the diagnostic listener.</summary>
    public const string Name = "Gateway.Azure";

    internal static readonly ActivitySource Source = new(Name);
}
