using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.EndToEnd.Tests;

/// <summary>Each room counts what it does, and no tag holds what a client sent.</summary>
public sealed class MetricTests
{
    [Fact]
    public async Task One_message_moves_the_instruments_of_every_room()
    {
        var seen = new ConcurrentDictionary<string, string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name.StartsWith("Gateway.", StringComparison.Ordinal))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        void See(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = string.Join(",", tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
            seen.AddOrUpdate(instrument.Name, text, (_, before) => $"{before};{text}");
        }

        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => See(instrument, tags));
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => See(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => See(instrument, tags));
        listener.Start();

        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await EmbeddedGateway.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        using var client = await gateway.ConnectAsync();
        await client.SendAsync(MailTests.Message("Counted"));
        await receiver.NextAsync();
        await gateway.WaitForAsync(entry => entry.Kind == Core.Events.ActivityKind.Delivered);
        listener.RecordObservableInstruments();

        foreach (var name in (string[])
            ["gateway.smtp.replies", "gateway.smtp.message.size", "gateway.local.commit.changes", "gateway.local.commit.duration", "gateway.local.queue.oldest", "gateway.inspect.messages", "gateway.pipeline.deliveries"])
        {
            Assert.True(seen.ContainsKey(name), $"{name} was not recorded; these were: {string.Join(' ', seen.Keys.Order())}");
        }

        Assert.DoesNotContain(seen.Values, tags => tags.Contains("example", StringComparison.Ordinal) || tags.Contains("127.0.0.1", StringComparison.Ordinal));
    }
}
