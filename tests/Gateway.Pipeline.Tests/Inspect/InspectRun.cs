using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>The stage over a store of files and a clock that stands still.</summary>
internal sealed class InspectRun : IDisposable
{
    public static readonly MessageId Id = Parse("0193f1c2-0000-7000-8000-000000000001");
    public static readonly DateTimeOffset ReceivedAt = new(2026, 11, 24, 18, 0, 0, 100, TimeSpan.Zero);

    private readonly Meters _meters = new();

    public InspectRun(InspectOptions? options = null)
    {
        Stage = new(Store, options ?? new(), new FakeTimeProvider(ReceivedAt.AddSeconds(1)), NullLogger<InspectStage>.Instance, new(_meters));
    }

    public FileMessageStore Store { get; } = new();

    public InspectStage Stage { get; }

    public IMeterFactory MeterFactory => _meters;

    public static byte[] Octets(string message) => Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n"));

    public static ReceivedEvent Received(long octets = 1) => new()
    {
        MessageId = Id,
        ReceivedAt = ReceivedAt,
        Octets = octets,
        Sha256 = new string('0', 64),
        Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
        Client = new("203.0.113.7", ClientSource.Socket),
        Received = "Received: from mail.example.org by mx.example.com; Tue, 24 Nov 2026 18:00:00 +0000",
    };

    public async Task<Inspected> InspectAsync(byte[] raw, ReceivedEvent? received = null)
    {
        Store.WriteRaw(Id, raw);
        return await InspectAsync(received ?? Received(raw.Length));
    }

    public Task<Inspected> InspectAsync(string message) => InspectAsync(Octets(message));

    /// <summary>Leaves the content part unread, which can be as big as the texts.</summary>
    public async Task<InspectedEvent> InspectEventAsync()
    {
        var result = await Stage.RunAsync(JsonSerializer.SerializeToUtf8Bytes(Received(), EventJson.Relaxed.ReceivedEvent), TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize(Assert.Single(result.Sends).Body.Span, EventJson.Relaxed.InspectedEvent)!;
    }

    public async Task<Inspected> InspectAsync(ReceivedEvent received)
    {
        var cancel = TestContext.Current.CancellationToken;
        var result = await Stage.RunAsync(JsonSerializer.SerializeToUtf8Bytes(received, EventJson.Relaxed.ReceivedEvent), cancel);
        Assert.Null(result.DeadLetterReason);
        var sent = Assert.Single(result.Sends);
        Assert.InRange(sent.Body.Length, 1, StageMessage.MaxBodyOctets);
        var json = await PartAsync(MessageContent.PartName);
        var content = JsonSerializer.Deserialize(json, ContentJson.Relaxed.MessageContent)!;
        return new(JsonSerializer.Deserialize(sent.Body.Span, EventJson.Relaxed.InspectedEvent)!, content, sent, result, json);
    }

    public async Task<byte[]> PartAsync(string part)
    {
        await using var stream = await Store.OpenPartAsync(Id, part, TestContext.Current.CancellationToken);
        using var octets = new MemoryStream();
        await stream!.CopyToAsync(octets, TestContext.Current.CancellationToken);
        return octets.ToArray();
    }

    public void Dispose()
    {
        _meters.Dispose();
        Store.Dispose();
    }

    private static MessageId Parse(string text) => MessageId.TryParse(text, out var id) ? id : throw new FormatException(text);

    private sealed class Meters : IMeterFactory
    {
        private readonly List<Meter> _made = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            var meter = new Meter(options);
            _made.Add(meter);
            return meter;
        }

        public void Dispose() => _made.ForEach(meter => meter.Dispose());
    }
}

internal sealed record Inspected(InspectedEvent Event, MessageContent Content, StageMessage Sent, StageResult Result, byte[] ContentJson);
