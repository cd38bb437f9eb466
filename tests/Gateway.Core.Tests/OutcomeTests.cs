namespace Gateway.Core.Tests;

public sealed class OutcomeTests
{
    [Fact]
    public void It_holds_a_value_or_a_refusal()
    {
        Outcome<string> value = "value";
        Assert.True(value.TryGet(out var text, out var refusal));
        Assert.Equal(("value", null), (text, refusal));

        Outcome<string> refused = Replies.BadForwardPath;
        Assert.False(refused.TryGet(out text, out refusal));
        Assert.Equal((null, Replies.BadForwardPath), (text, refusal));
    }
}
