using System.Net;
using System.Text.Json.Nodes;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.Delivery;

namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary>Somewhere that the gateway runs, as far as a test that does not care where must know of it.</summary>
internal abstract class Place : IAsyncDisposable
{
    protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    protected static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    protected Place(Receiver receiver, string lateSecret) => (Receiver, LateSecret) = (receiver, lateSecret);

    public Receiver Receiver { get; }

    public abstract IPEndPoint Smtp { get; }

    protected abstract IStateStore State { get; }

    protected abstract IActivityLog Activity { get; }

    protected abstract TimeProvider Clock { get; }

    /// <summary>A file for a secret, which is not there at first.</summary>
    public string LateSecret { get; }

    /// <summary>The message with this subject, when its story has begun.</summary>
    public abstract Task<MessageId> FindAsync(string subject);

    public async Task<IReadOnlyList<ActivityEntry>> StoryAsync(MessageId id) => await Activity.ReadAsync(id, Cancel);

    /// <summary>The story when something has happened since it had this many lines.</summary>
    public async Task<IReadOnlyList<ActivityEntry>> StoryAfterAsync(MessageId id, int lines, Func<Task>? meanwhile = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(Patience);
        while (true)
        {
            if (await StoryAsync(id) is { } story && story.Count > lines)
            {
                return story;
            }

            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            await Task.Delay(Look, limit.Token); // as above: looked at until it is there
        }
    }

    /// <summary>Time passes until what waits is due, and more is in the story.</summary>
    public abstract Task<IReadOnlyList<ActivityEntry>> PassTimeAsync(MessageId id, IReadOnlyList<ActivityEntry> story);

    /// <summary>As <c>gateway endpoints resume</c> does it.</summary>
    public Task ResumeAsync(string endpoint) => new EndpointParking(State, Clock).ResumeAsync(endpoint, Cancel).AsTask();

    /// <summary>What a collection holds of a message.</summary>
    public async Task<IReadOnlyList<JsonNode>> RecordsAsync(string collection, MessageId id)
    {
        var page = await State.ListAsync(collection, $"{id}", null, 100, Cancel);
        Assert.Null(page.Continuation);
        return [.. page.Entries.Select(entry => JsonNode.Parse(entry.Value.Span)!)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Receiver.DisposeAsync();
        File.Delete(LateSecret);
    }

    protected abstract Task StopAsync();

    protected static string NewSecretPath() => Path.Combine(Path.GetTempPath(), $"late-secret-{Guid.NewGuid():n}");

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
