using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.Configuration;
using Gateway.Pipeline.Inspect;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Delivery;

/// <summary>Makes one attempt at a delivery: secrets, content, links, signature, request.</summary>
public sealed class DeliveryAttempt(
    IMessageStore messages,
    SecretResolver secrets,
    WebhookClient client,
    IOptions<DeliveryOptions> options,
    TimeProvider clock,
    ILogger<DeliveryAttempt> logger)
{
    private const string RawContentType = "message/rfc822";

    /// <summary>The answer; null when raw message and content are both gone, so that there is nothing to send any more.</summary>
    public async Task<WebhookAnswer?> RunAsync(DeliveryEvent item, EndpointRule endpoint, CancellationToken cancel)
    {
        if (await SecretsAsync(item, endpoint, cancel) is not { } keys)
        {
            return WebhookAnswer.Failed(DeliveryFailure.Secret, TimeSpan.Zero);
        }

        if (await PayloadAsync(item, cancel) is not var (octets, links))
        {
            await using var raw = await messages.OpenRawAsync(item.Message.MessageId, cancel);
            return raw is null ? null : WebhookAnswer.Failed(DeliveryFailure.Content, TimeSpan.Zero);
        }

        var now = clock.GetUtcNow();
        var id = item.DeliveryId.ToString();
        var answer = await client.SendAsync(
            new()
            {
                Url = endpoint.Url,
                AllowPrivate = endpoint.AllowPrivate,
                Timeout = endpoint.Timeout,
                Id = id,
                Timestamp = WebhookSignature.Seconds(now),
                Signature = WebhookSignature.Sign(id, now, octets.Span, keys),
                TraceParent = TraceParent(item),
                Octets = octets,
            },
            cancel);

        // The answer may have been read on a thread that serves sockets; what follows asks stores, which may block.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return answer with { Text = WithoutLinks(answer.Text, links) };
    }

    /// <summary>In a method of its own, so that the content is let go before the endpoint is waited for. Null when there is none.</summary>
    private async Task<(ReadOnlyMemory<byte> Octets, PayloadLinks Links)?> PayloadAsync(DeliveryEvent item, CancellationToken cancel)
    {
        if (await ContentAsync(item, cancel) is not { } content)
        {
            return null;
        }

        var links = await LinksAsync(item.Message.MessageId, content, cancel);
        return (PayloadWriter.Write(item, content, links).ToArray(), links); // exactly as long: many wait at once
    }

    private async Task<ImmutableArray<WebhookSecret>?> SecretsAsync(DeliveryEvent item, EndpointRule endpoint, CancellationToken cancel)
    {
        // All of them: a receiver in the middle of a change may know only the one that is missing here.
        var keys = ImmutableArray.CreateBuilder<WebhookSecret>();
        foreach (var reference in endpoint.Secrets)
        {
            var found = await secrets.ResolveAsync(reference, cancel);
            if (found.Secret is not { } secret)
            {
                logger.NoSecret(endpoint.Id, reference.ToString(), found.Problem, item.DeliveryId.ToString());
                return null;
            }

            keys.Add(secret);
        }

        return keys.ToImmutable();
    }

    private async Task<MessageContent?> ContentAsync(DeliveryEvent item, CancellationToken cancel)
    {
        await using var part = await messages.OpenPartAsync(item.Message.MessageId, item.Summary.ContentPart, cancel);
        if (part is null)
        {
            logger.NoContent(null, item.Message.MessageId.ToString(), item.DeliveryId.ToString());
            return null;
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(part, ContentJson.Relaxed.MessageContent, cancel);
        }
        catch (JsonException e)
        {
            logger.NoContent(e, item.Message.MessageId.ToString(), item.DeliveryId.ToString());
            return null;
        }
    }

    private async Task<PayloadLinks> LinksAsync(MessageId id, MessageContent content, CancellationToken cancel)
    {
        var expires = clock.GetUtcNow() + options.Value.LinkLifetime;
        var parts = new Dictionary<string, Uri>(StringComparer.Ordinal);
        foreach (var attachment in content.Attachments)
        {
            if (attachment is { Content: null, Part: { } part } && !parts.ContainsKey(part))
            {
                parts[part] = await messages.CreateLinkAsync(id, new(part, attachment.ContentType, attachment.Name), expires, cancel);
            }
        }

        var raw = await messages.CreateLinkAsync(id, new(null, RawContentType, $"{id}.eml"), expires, cancel);
        return new(raw, parts.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>Our span around this attempt, else the event's own context if it is one; never the driver's span, whose trace may be another.</summary>
    private static string? TraceParent(DeliveryEvent item) =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } current && current.Source == PipelineTelemetry.Source ? id
        : ActivityContext.TryParse(item.TraceParent, null, out _) ? item.TraceParent
        : null;

    /// <summary>An answer that repeats our body would carry a link into a record: then it is not kept at all.</summary>
    private static string? WithoutLinks(string? text, PayloadLinks links)
    {
        var plain = text?.Replace("\\/", "/", StringComparison.Ordinal); // as some write slashes in JSON
        return plain is not null && links.Parts.Values.Append(links.Raw).Any(link => plain.Contains(link.AbsolutePath, StringComparison.OrdinalIgnoreCase))
            ? "(not kept: it repeats a link)"
            : text;
    }
}
