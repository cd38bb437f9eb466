using Gateway.Server.Commands;
using Gateway.Server.Receiver;

namespace Gateway.Server.Tests;

/// <summary>Values that options take, without a program around them.</summary>
public sealed class ArgumentTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("2s", 2)]
    [InlineData("30m", 1800)]
    [InlineData("12h", 43_200)]
    [InlineData("7d", 604_800)]
    [InlineData("0s", 0)]
    public void A_time_is_a_number_and_a_unit(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), DurationArgument.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("1 s")]
    [InlineData("1D")]
    [InlineData("1w")]
    [InlineData("99999999999s")]
    [InlineData("2147483647d")]
    [InlineData("\u0661s")]
    public void Anything_else_is_no_time(string text) => Assert.Null(DurationArgument.Parse(text));

    [Theory]
    [InlineData("503", 503, null)]
    [InlineData("200:1", 200, 1)]
    [InlineData("599:1000", 599, 1000)]
    public void A_planned_failure_is_a_status_and_a_count(string text, int status, int? times) =>
        Assert.Equal(new PlannedFailure(status, times), PlannedFailure.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("199")]
    [InlineData("600")]
    [InlineData("503:")]
    [InlineData("503:0")]
    [InlineData("503:-1")]
    [InlineData("503:1001")]
    [InlineData("503:1:1")]
    [InlineData(" 503")]
    [InlineData("+503")]
    public void Anything_else_is_no_planned_failure(string text) => Assert.Null(PlannedFailure.Parse(text));
}
