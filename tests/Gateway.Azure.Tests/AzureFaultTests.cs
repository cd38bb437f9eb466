using System.Net.Sockets;
using System.Text.RegularExpressions;
using Azure;
using Gateway.Core.Configuration;

namespace Gateway.Azure.Tests;

/// <summary>What is counted against an event, and what is put off: a wrong answer makes dead letters of good mail, or work that never ends.</summary>
public sealed class AzureFaultTests
{
    public static TheoryData<string, Exception, bool> Faults => new()
    {
        { "throttled", new RequestFailedException(503, "busy"), true },
        { "one try that ran out of its time", new TaskCanceledException(), true },
        { "each try ran out of its time", new AggregateException(new TaskCanceledException(), new TaskCanceledException()), true },
        { "a body that was cut in each try", new AggregateException(new HttpIOException(HttpRequestError.ResponseEnded), new HttpIOException(HttpRequestError.ResponseEnded)), true },
        { "busy, then out of time", new AggregateException(new RequestFailedException(503, "busy"), new TaskCanceledException()), true },
        { "no connection", new IOException("no", new SocketException()), true },
        { "no configuration", new NoConfigurationException(), true },
        { "a request that we got wrong", new RequestFailedException(400, "no"), false },
        { "a broken message", new EndOfStreamException(), false },
        { "a pattern that takes too long", new RegexMatchTimeoutException(), false },
        { "a mistake of ours", new InvalidOperationException("a mistake"), false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Surroundings_are_told_from_the_event(string name, Exception fault, bool isOfSurroundings) =>
        Assert.True(AzureFault.IsOfSurroundings(fault) == isOfSurroundings, name);
}
