namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>Finds in a trace whether a message was on the disk before its client was told so.</summary>
internal sealed class SyncJudge(IReadOnlyList<SystemCall> calls, DataSite site)
{
    private const string Accepted = "\"250 2.6.0 ";

    /// <summary>Everything that is out of order for one message; empty when it was durable before the 250 left.</summary>
    /// <param name="nth">Which of the accepted messages of the trace it is; 0 is the first.</param>
    /// <param name="message">Its hash stands in its event, and so in the page that the commit wrote.</param>
    /// <param name="isBig">It lies in a file of its own.</param>
    public IReadOnlyList<string> Violations(int nth, LoadMessage message, bool isBig)
    {
        if (calls.Where(call => call.IsSend && call.Text.Contains(Accepted, StringComparison.Ordinal)).ElementAtOrDefault(nth) is not { } answer)
        {
            return ["no 250 was sent"];
        }

        if (calls.LastOrDefault(call => call.IsReceive && call.Target == answer.Target && call.Result > 0 && call.IsBefore(answer)) is not { } lastOctets)
        {
            return ["no octets were received"];
        }

        var between = calls.Where(call => lastOctets.IsBefore(call) && call.Ended < answer.Began).ToList();
        var log = site.Database + "-wal";
        var commit = between.FirstOrDefault(call => call.IsWrite && call.Target == log && call.Text.Contains(message.Sha256, StringComparison.Ordinal));
        if (commit is null)
        {
            return ["the event was not written to the database's log between the last octets and the 250"];
        }

        var violations = new List<string>();
        if (!between.Exists(call => call.IsSync && call.Target == log && call.Result == 0 && commit.IsBefore(call)))
        {
            violations.Add("the database's log was not synced between the event and the 250");
        }

        if (isBig)
        {
            violations.AddRange(FileViolations(between, commit));
        }

        return violations;
    }

    private IEnumerable<string> FileViolations(List<SystemCall> between, SystemCall commit)
    {
        var file = between.FirstOrDefault(call => call.IsSync && call.Target.StartsWith(site.Raw + "/", StringComparison.Ordinal) && call.Result == 0);
        if (file is null)
        {
            yield return "the raw file was not synced between the last octets and the 250";
            yield break;
        }

        var writes = calls.Where(call => call.IsWrite && call.Target == file.Target).ToList();
        if (writes.Count == 0 || !writes.TrueForAll(write => write.IsBefore(file)))
        {
            yield return "the raw file was written to after its sync, or never";
        }

        var directory = between.FirstOrDefault(call => call.IsSync && call.Target == site.Raw && call.Result == 0 && file.IsBefore(call));
        if (directory is null)
        {
            yield return "the directory was not synced after the raw file";
        }
        else if (!directory.IsBefore(commit))
        {
            yield return "the commit did not wait for the sync of the directory";
        }
    }
}
