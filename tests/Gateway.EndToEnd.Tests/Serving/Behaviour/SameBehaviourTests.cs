using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary>What becomes of a message is the same wherever the stages run: what is expected does not know the place, and the rest is compared with one machine.</summary>
[Collection(nameof(CrashTests))]
public sealed class SameBehaviourTests(Places places) : IClassFixture<Places>
{
    public static TheoryData<string, string> All => [.. from name in Cases.All.Keys from place in Places.Names select (name, place)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_outcome_is_the_same(string name, string where)
    {
        var expected = Cases.All[name];
        var outcome = await places.OutcomeAsync(where, name);
        Assert.Equal(expected.Story, outcome.Story);
        Assert.Equal(expected.Records, outcome.Records);
        Assert.Equal(expected.Webhooks, outcome.Webhooks);
        Assert.Equal((await places.OutcomeAsync(Places.OneMachine, name)).Whole, outcome.Whole);
    }
}
