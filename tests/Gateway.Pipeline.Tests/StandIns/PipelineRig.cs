using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.Configuration;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>Route and Deliver over stores of this test alone, on a clock that only the test moves.</summary>
internal sealed class PipelineRig : IDisposable
{
    private readonly string _secretPath = Path.GetTempFileName();

    public PipelineRig(WebhookClient? client = null)
    {
        Clock = new(Samples.Now);
        State = new(Clock);
        Metrics = new(Meters);
        Book = new(Messages, State, Options.Create(new KeptOptions()), Clock, Metrics);
        Parking = new(State, Clock);
        Secrets = new(Clock);
        Client = client ?? new WebhookClient(Clock);
        Slots = new(Options.Create(Delivery), Clock);
        Deliver = new(
            Live,
            Parking,
            Slots,
            new DeliveryAttempt(Messages, Secrets, Client, Options.Create(Delivery), Clock, Logs.For<DeliveryAttempt>()),
            Book,
            Options.Create(Delivery),
            Clock,
            Logs.For<DeliverStage>(),
            Metrics);
        Route = new(Live, Messages, State, Options.Create(new KeptOptions()), Clock, Logs.For<RouteStage>(), Metrics);
        SecretText = WebhookSecret.New();
        WriteSecret(SecretText);
        Messages.WriteRaw(Samples.Id, "Subject: Hello\r\n\r\n");
        WriteContent(Samples.Content);
    }

    public FakeTimeProvider Clock { get; }

    public FileMessageStore Messages { get; } = new();

    public MemoryStateStore State { get; }

    public RecordedMeters Meters { get; } = new();

    public CapturedLogs Logs { get; } = new();

    public LiveConfiguration Live { get; } = new();

    public DeliveryOptions Delivery { get; } = new();

    public PipelineMetrics Metrics { get; }

    public DeadLetterBook Book { get; }

    public EndpointParking Parking { get; }

    public EndpointSlots Slots { get; }

    public SecretResolver Secrets { get; }

    public WebhookClient Client { get; }

    public DeliverStage Deliver { get; }

    public RouteStage Route { get; }

    public string SecretText { get; private set; }

    public string SecretPath => _secretPath;

    public WebhookSecret Secret => WebhookSecret.Parse(SecretText);

    public void WriteSecret(string text)
    {
        SecretText = text;
        File.WriteAllText(_secretPath, $" {text}\n");
    }

    public void WriteContent(MessageContent content)
    {
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(content, ContentJson.Relaxed.MessageContent));
        Messages.WritePartAsync(Samples.Id, MessageContent.PartName, stream, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>One domain, and endpoints at these addresses, all of them allowed to be private.</summary>
    public void Use(params (string Id, Uri Url)[] endpoints) => Live.Replace(new(
        [],
        [.. endpoints.Select(endpoint => Endpoint(endpoint.Id, endpoint.Url))],
        []));

    public EndpointRule Endpoint(string id, Uri url, bool allowPrivate = true) =>
        new(id, url, [new("file", _secretPath)], TimeSpan.FromSeconds(15), allowPrivate);

    public Task<StageResult> DeliverAsync(DeliveryEvent item) => Deliver.RunAsync(Samples.Json(item), TestContext.Current.CancellationToken);

    public Task<StageResult> RouteAsync(InspectedEvent item) => Route.RunAsync(Samples.Json(item), TestContext.Current.CancellationToken);

    public DeadLetterRecord DeadLetter() =>
        JsonSerializer.Deserialize(State.Single(DeadLetterRecord.Collection).Value.Span, RecordJson.Relaxed.DeadLetterRecord)!;

    public void Dispose()
    {
        Client.Dispose();
        Messages.Dispose();
        Meters.Dispose();
        File.Delete(_secretPath);
    }
}
