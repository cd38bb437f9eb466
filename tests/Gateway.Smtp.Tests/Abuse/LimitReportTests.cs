using System.Net;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class LimitReportTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly TestServer.Meters _meters = new();
    private readonly CapturedLogs _logs = new();

    [Fact]
    public void A_flood_is_one_warning_a_minute_that_says_how_often()
    {
        var report = new LimitReport(_clock, new(_meters), _logs);
        for (var second = 0; second < 150; second++)
        {
            for (var i = 0; i < 100; i++)
            {
                report.Refused(Limit.ConnectionsPerAddress, IPAddress.Loopback);
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        var warnings = _logs.Entries.Where(entry => entry.Level >= LogLevel.Information).ToList();
        Assert.Equal(3, warnings.Count);
        Assert.All(warnings, warning => Assert.Equal((LogLevel.Warning, 1017), (warning.Level, warning.Id)));
        Assert.Contains(" 1 times ", warnings[0].Text, StringComparison.Ordinal); // at once
        Assert.Contains(" 6000 times ", warnings[1].Text, StringComparison.Ordinal);
        Assert.Contains(" 6000 times ", warnings[2].Text, StringComparison.Ordinal);
        Assert.Equal(15_000, _logs.Entries.Count(entry => entry.Level == LogLevel.Debug));
    }

    [Fact]
    public void Every_limit_has_a_name_of_its_own_in_the_metrics()
    {
        var names = new List<string?>();
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.limited", (_, limit) => names.Add(limit));
        var report = new LimitReport(_clock, metrics, _logs);
        foreach (var limit in Enum.GetValues<Limit>())
        {
            report.Refused(limit, null);
        }

        Assert.Equal(Enum.GetValues<Limit>().Select(Snake), names);
    }

    [Fact]
    public void Every_reason_for_a_cut_has_a_name_of_its_own_in_the_metrics()
    {
        var reasons = new List<string?>();
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.cut", (_, reason) => reasons.Add(reason));
        metrics.CutEarlyTalker();
        metrics.CutSlow();
        foreach (var protocol in Enum.GetValues<Foreign>().Except([Foreign.None]))
        {
            metrics.CutForeign(protocol);
        }

        Assert.Equal(["early_talker", "too_slow", "tls", "http", "rtsp", "sip", "ssh"], reasons);
    }

    private static string Snake(Limit limit) =>
        string.Concat($"{limit}".Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
