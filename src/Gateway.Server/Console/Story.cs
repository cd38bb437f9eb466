using System.Globalization;
using Gateway.Core.Events;
using Spectre.Console;

namespace Gateway.Server.Console;

/// <summary>Tells what becomes of each message, one line each time: from, to, subject, size, verdict, route, delivery and its time.</summary>
internal sealed class Story(IAnsiConsole console, TimeProvider clock)
{
    private readonly Lock _line = new();

    public void Tell(ActivityEntry entry)
    {
        if (Outcome(entry) is not { } outcome)
        {
            return; // received and inspected are steps on the way to a line
        }

        var from = entry.From.Length == 0 ? "<>" : entry.From;
        var subject = entry.Subject is { } text ? $"\"{Printable.Markup(text, 60)}\"" : "(no subject)";
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"[grey]{entry.At.ToLocalTime():HH:mm:ss}[/] {Printable.Markup(from, 60)} → {Printable.Markup(entry.Recipient ?? "all", 60)}  {subject}  {Printable.Size(entry.Octets)}  {Verdict(entry)}  {outcome}");
        lock (_line)
        {
            console.MarkupLine(line);
        }
    }

    private string? Outcome(ActivityEntry entry)
    {
        var route = $"{entry.RouteId} → {entry.EndpointId}";
        return entry.Kind switch
        {
            ActivityKind.Delivered => $"{route}  [green]delivered, {entry.HttpStatus} in {Elapsed(entry)}[/]{Attempts(entry)}",
            ActivityKind.Retrying => $"{route}  [yellow]{Answer(entry)}; again in {Wait(entry)}[/]{Attempts(entry)}",
            ActivityKind.Parked => $"{route}  [yellow]the endpoint is parked (410); waiting[/]",
            ActivityKind.DeadLettered => $"{(entry.RouteId is null ? "" : route + "  ")}[red]dead letter: {Printable.Markup(entry.Reason ?? Answer(entry), 120)}[/]{Attempts(entry)}",
            ActivityKind.Stored => $"{entry.RouteId}  [green]stored[/]",
            ActivityKind.Dropped => $"{entry.RouteId}  [grey]dropped[/]",
            ActivityKind.Unrouted => "[yellow]no route takes it; kept as unrouted[/]",
            _ => null,
        };
    }

    private string Wait(ActivityEntry entry) => entry.Next is { } next ? Printable.Time(next - clock.GetUtcNow()) : "a while";

    private static string Answer(ActivityEntry entry) =>
        entry.HttpStatus is { } status ? $"answered {status}" : Printable.Markup(entry.Reason ?? "no answer", 120);

    private static string Elapsed(ActivityEntry entry) => Printable.Time(entry.Elapsed ?? TimeSpan.Zero);

    private static string Attempts(ActivityEntry entry) => entry.Attempts > 1 ? $" [grey](attempt {entry.Attempts})[/]" : "";

    private static string Verdict(ActivityEntry entry) => entry.Spam switch
    {
        null or MethodResult.NotEvaluated => "[grey]not evaluated[/]",
        "spam" => "[red]spam[/]",
        { } word => Printable.Markup(word, 20),
    };
}
