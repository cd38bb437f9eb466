using System.Net;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary>One machine, SQLite, and a clock that the test moves.</summary>
internal sealed class LocalPlace : Place
{
    private readonly FakeTimeProvider _clock;
    private readonly EmbeddedGateway _gateway;

    private LocalPlace(Receiver receiver, string lateSecret, EmbeddedGateway gateway, FakeTimeProvider clock)
        : base(receiver, lateSecret) => (_gateway, _clock) = (gateway, clock);

    public static async Task<Place> StartAsync()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var receiver = await Receiver.StartAsync(Cases.Endpoints(), fakeClock: true);
        var secret = NewSecretPath();
        return new LocalPlace(receiver, secret, await EmbeddedGateway.StartAsync(Cases.Configuration(receiver.Url, secret), clock), clock);
    }

    public override IPEndPoint Smtp => _gateway.Gateway.SmtpEndpoint;

    protected override IStateStore State => _gateway.Service<IStateStore>();

    protected override IActivityLog Activity => _gateway.Service<IActivityLog>();

    protected override TimeProvider Clock => _clock;

    public override async Task<MessageId> FindAsync(string subject) => (await _gateway.WaitForAsync(entry => entry.Subject == subject)).MessageId;

    public override Task<IReadOnlyList<ActivityEntry>> PassTimeAsync(MessageId id, IReadOnlyList<ActivityEntry> story)
    {
        _clock.Advance(story[^1].Next!.Value - _clock.GetUtcNow());
        return StoryAfterAsync(id, story.Count);
    }

    protected override Task StopAsync() => _gateway.DisposeAsync().AsTask();
}
