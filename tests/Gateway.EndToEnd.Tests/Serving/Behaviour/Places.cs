namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary>The places, each started when it is first asked for and used for all cases.</summary>
public sealed class Places : IAsyncLifetime
{
    public const string OneMachine = "on one machine";

    private static readonly Dictionary<string, Func<Task<Place>>> Starts = new(StringComparer.Ordinal)
    {
        [OneMachine] = LocalPlace.StartAsync,
        ["serve with its own stages"] = AzurePlace.ServeAsync,
        ["serve and Functions"] = AzurePlace.ServeWithFunctionsAsync,
    };

    private readonly Dictionary<string, Task<Place>> _started = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Place, string Case), Task<Outcome>> _outcomes = [];

    public static IEnumerable<string> Names => Starts.Keys;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        var failures = new List<Exception>();
        foreach (var place in _started.Values.Where(place => place.IsCompletedSuccessfully))
        {
            try
            {
                await (await place).DisposeAsync();
            }
            catch (Exception error)
            {
                failures.Add(error);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    /// <summary>What becomes of the case's message in that place; it is sent once.</summary>
    internal Task<Outcome> OutcomeAsync(string place, string name)
    {
        if (!_outcomes.TryGetValue((place, name), out var outcome))
        {
            _outcomes[(place, name)] = outcome = RunAsync(place, name);
        }

        return outcome;
    }

    private async Task<Outcome> RunAsync(string name, string what)
    {
        if (!_started.TryGetValue(name, out var starting))
        {
            _started[name] = starting = Starts[name]();
        }

        var place = await starting;
        using (var smtp = await RawSmtp.ConnectAsync(place.Smtp))
        {
            Assert.StartsWith("250 ", await smtp.SendMessageAsync("alice@example.org", [$"{what}@in.example.com"], Cases.Message(what)), StringComparison.Ordinal);
        }

        var id = await place.FindAsync(subject: what);
        var story = await place.StoryAfterAsync(id, lines: 2); // received, inspected, and then what is the case
        if (Cases.IsWaiting(story[^1]))
        {
            await Cases.MeanwhileAsync(what, place);
            story = await place.PassTimeAsync(id, story);
        }

        Assert.Empty(place.Receiver.Refused);
        return await Outcome.OfAsync(place, id, story);
    }
}
