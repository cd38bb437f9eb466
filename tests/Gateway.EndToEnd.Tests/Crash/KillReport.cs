using System.Globalization;
using System.Text;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>One life of the gateway.</summary>
/// <param name="Point">Where it was to end.</param>
/// <param name="Occurrence">Which occurrence of the point; for a random end, milliseconds.</param>
/// <param name="Accepted">Messages that it answered 250.</param>
/// <param name="Unanswered">Messages that were sent to their end and got no answer.</param>
/// <param name="ExitCode">Null: it did not get there in time.</param>
/// <param name="Start">From the start of the process until it listened; null: it never did.</param>
/// <param name="Elapsed">The whole life.</param>
internal sealed record KillRound(KillPoint Point, int Occurrence, int Accepted, int Unanswered, int? ExitCode, TimeSpan? Start, TimeSpan Elapsed);

/// <summary>All that a run of kills brought to light.</summary>
internal sealed record KillReport
{
    public required int Seed { get; init; }

    public required IReadOnlyList<KillRound> Rounds { get; init; }

    /// <summary>Messages whose final 250 was read.</summary>
    public required int Accepted { get; init; }

    public required IReadOnlyDictionary<string, int> Refusals { get; init; }

    public required Books Books { get; init; }

    /// <summary>Delivered messages whose stored octets are gone or not those that were sent.</summary>
    public required int WrongOctets { get; init; }

    /// <summary>Stored octets that belong to no message, and messages without their octets; null when there are none.</summary>
    public required string? Leftovers { get; init; }

    /// <summary>At the end no event was left in any queue.</summary>
    public required bool IsDrained { get; init; }

    /// <summary>Of the last, clean run; null: it did not end.</summary>
    public required int? LastExitCode { get; init; }

    /// <summary>Errors that any of the processes logged.</summary>
    public required IReadOnlyList<string> Faults { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>All that must hold whatever was killed, but that nothing was lost.</summary>
    public void AssertSound()
    {
        var table = ToString();
        Assert.All(Rounds, round => Assert.True(round.ExitCode == round.Point.ExitCode, $"{round.Point.Name} was not reached\n{table}"));
        Assert.All(Rounds, round => Assert.True(round.Unanswered == 0 || round.Point.By != KillBy.Sigterm, $"A message in flight was cut\n{table}"));
        Assert.True(IsDrained, table);
        Assert.True(LastExitCode == 0, table);
        Assert.True(Refusals.Count == 0, table);
        Assert.True(Faults.Count == 0, table);
        Assert.True(WrongOctets == 0, table);
        Assert.True(Leftovers is null, table);
        Assert.True(Books is { Foreign: 0, TakenTwice: 0, BadSignatures: 0 }, table);
    }

    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"round  kill point               occurrence  accepted  unanswered  start s  life s  exit (seed {Seed})");
        foreach (var (index, round) in Rounds.Index())
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{index + 1,5}  {round.Point.Name,-23}  {round.Occurrence,10}  {round.Accepted,8}  {round.Unanswered,10}  {round.Start?.TotalSeconds,7:0.0}  {round.Elapsed.TotalSeconds,6:0.0}  {round.ExitCode,4}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"rounds {Rounds.Count}, accepted {Accepted}, deliveries {Books.Delivered}, duplicates {Books.Duplicates},")
            .AppendLine(CultureInfo.InvariantCulture, $"delivered without a 250 {Books.Unacknowledged}, lost {Books.Lost}, wrong octets {WrongOctets}, foreign {Books.Foreign},")
            .AppendLine(CultureInfo.InvariantCulture, $"taken twice {Books.TakenTwice}, bad signatures {Books.BadSignatures}, drained {IsDrained}, last exit code {LastExitCode}, left over {Leftovers ?? "nothing"}, {Elapsed.TotalSeconds:0} s in all");
        foreach (var (reply, count) in Refusals)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"refused {count}: {reply}");
        }

        foreach (var fault in Faults.GroupBy(fault => fault[(fault.IndexOf(':', StringComparison.Ordinal) + 1)..]).Take(20))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"logged {fault.Count()}: {fault.First()}");
        }

        return text.ToString();
    }
}
