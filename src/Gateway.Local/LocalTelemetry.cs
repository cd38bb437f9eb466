using System.Diagnostics;

namespace Gateway.Local;

/// <summary>Spans of this room.</summary>
internal static class LocalTelemetry
{
    /// <summary>Of the activity source and of the meter.</summary>
    public const string Name = "Gateway.Local";

    public static readonly ActivitySource Source = new(Name);
}
