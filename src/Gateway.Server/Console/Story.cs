using System.Globalization;
using Gateway.Core.Events;
using Spectre.Console;

namespace Gateway.Server.Console;

/// <summary>Tells what becomes of each message, one line each time: from, to, subject, size, verdict, route, delivery and its time.</summary>
internal sealed class Story(IAnsiConsole console, TimeProvider clock)
{
    private const int MaxAddressCharacters = 60;
    private const int MaxSubjectCharacters = 60;
    private const int MaxReasonCharacters = 120;

    public void Tell(ActivityEntry entry)
    {
        var line = new Line().Add(string.Create(CultureInfo.InvariantCulture, $"{entry.At.ToLocalTime():HH:mm:ss}"), Color.Grey);
        var from = entry.From.Length == 0 ? "<>" : Printable.Of(entry.From, MaxAddressCharacters);
        var subject = entry.Subject is { } text ? $"\"{Printable.Of(text, MaxSubjectCharacters)}\"" : "(no subject)";
        line.Add($" {from} → {Printable.Of(entry.Recipient ?? "all", MaxAddressCharacters)}  {subject}  {Printable.Size(entry.Octets)}  ");
        Verdict(line, entry);
        line.Add("  ");
        if (Outcome(line, entry))
        {
            line.WriteTo(console);
        }
    }

    private bool Outcome(Line line, ActivityEntry entry)
    {
        var route = $"{entry.RouteId} → {entry.EndpointId}  ";
        switch (entry.Kind)
        {
            case ActivityKind.Delivered:
                line.Add(route).Add($"delivered, {Status(entry.HttpStatus)} in {Printable.Time(entry.Elapsed ?? TimeSpan.Zero)}", Color.Green);
                break;
            case ActivityKind.Retrying:
                line.Add(route).Add($"{Answer(entry)}; again in {Wait(entry)}", Color.Yellow);
                break;
            case ActivityKind.Parked:
                line.Add(route).Add("the endpoint is parked (410); waiting", Color.Yellow);
                break;
            case ActivityKind.DeadLettered:
                line.Add(entry.RouteId is null ? "" : route).Add($"dead letter: {Reason(entry.Reason) ?? Answer(entry)}", Color.Red);
                break;
            case ActivityKind.Stored:
                line.Add($"{entry.RouteId}  ").Add("stored", Color.Green);
                break;
            case ActivityKind.Dropped:
                line.Add($"{entry.RouteId}  ").Add("dropped", Color.Grey);
                break;
            case ActivityKind.Unrouted:
                line.Add("no route takes it; kept as unrouted", Color.Yellow);
                break;
            default:
                return false; // received and inspected are steps on the way to a line
        }

        line.Add(entry.Attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $" (attempt {entry.Attempts})") : "", Color.Grey);
        return true;
    }

    private string Wait(ActivityEntry entry) => entry.Next is { } next ? Printable.Time(next - clock.GetUtcNow()) : "a while";

    private static string Answer(ActivityEntry entry) =>
        entry.HttpStatus is { } status ? $"answered {Status(status)}" : Reason(entry.Reason) ?? "no answer";

    private static string Status(int? status) => status?.ToString(CultureInfo.InvariantCulture) ?? "no answer";

    private static string? Reason(string? reason) => reason is null ? null : Printable.Of(reason, MaxReasonCharacters);

    private static void Verdict(Line line, ActivityEntry entry) => _ = entry.Spam switch
    {
        null or MethodResult.NotEvaluated => line.Add("not evaluated", Color.Grey),
        "spam" => line.Add("spam", Color.Red),
        { } word => line.Add(Printable.Of(word, 20)),
    };
}
