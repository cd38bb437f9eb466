using System.Text;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.AspNetCore.Http;

namespace Gateway.Pipeline.Tests.Delivery;

/// <summary>What goes out.</summary>
public sealed class DeliverRequestTests : IDisposable
{
    private readonly PipelineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Delivered_webhook_is_signed_over_its_octets_and_carries_the_documented_header_fields()
    {
        using var spans = new RecordedSpans();
        await using var receiver = await Receiver.AnsweringAsync(204);
        _rig.Use(("app", receiver.Url));
        var item = Samples.Delivery("request@in.example.com");

        var result = await _rig.DeliverAsync(item);

        Assert.Empty(result.Sends);
        var line = Assert.Single(result.Activities);
        Assert.Equal((ActivityKind.Delivered, 1, 204), (line.Kind, line.Attempts, line.HttpStatus));
        var request = Assert.Single(receiver.Requests);
        Assert.Equal(("POST", "/mail"), (request.Method, request.Target));
        Assert.Equal("application/json", request.Headers["content-type"]);
        Assert.Matches("^Gateway/[0-9]+\\.[0-9]+\\.[0-9]+$", request.Headers["user-agent"]);
        Assert.Equal(item.DeliveryId.ToString(), request.Headers["webhook-id"]);
        Assert.Equal(WebhookSignature.Seconds(Samples.Now), request.Headers["webhook-timestamp"]);
        Assert.Equal(spans.Of("deliver", item.DeliveryId).Select(span => span.Id), [request.Headers["traceparent"]]);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", request.Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal(
            ["Content-Length", "Content-Type", "Host", "User-Agent", "traceparent", "webhook-id", "webhook-signature", "webhook-timestamp"],
            request.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, _rig.Meters.Count("gateway.pipeline.deliveries=1 outcome=delivered"));

        var headers = new WebhookHeaders(request.Headers["webhook-id"], request.Headers["webhook-timestamp"], request.Headers["webhook-signature"]);
        Assert.Equal(SignatureStatus.Valid, WebhookSignature.Verify(headers, request.Body, [_rig.Secret], _rig.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task Package_of_the_standard_verifies_what_was_sent()
    {
        // The package looks at the machine's clock.
        _rig.Clock.SetUtcNow(TimeProvider.System.GetUtcNow() > Samples.Now ? TimeProvider.System.GetUtcNow() : Samples.Now);
        await using var receiver = await Receiver.AnsweringAsync(200);
        _rig.Use(("app", receiver.Url));
        var at = _rig.Clock.GetUtcNow();

        await _rig.DeliverAsync(Samples.Delivery());

        Assert.SkipWhen(at > TimeProvider.System.GetUtcNow().AddMinutes(4), "the machine's clock is before the samples");
        var request = Assert.Single(receiver.Requests);
        var headers = new HeaderDictionary();
        foreach (var (name, value) in request.Headers)
        {
            headers[name] = value;
        }

        new StandardWebhooks.StandardWebhook(_rig.SecretText).Verify(Encoding.UTF8.GetString(request.Body), headers);
        Assert.ThrowsAny<Exception>(() => new StandardWebhooks.StandardWebhook(WebhookSecret.New()).Verify(Encoding.UTF8.GetString(request.Body), headers));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("\\/")]
    public async Task Links_are_made_for_the_attempt_and_stand_only_in_the_body(string slash)
    {
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            context.Response.StatusCode = 400;
            var link = $"https://links.example/{Samples.Id}/raw?until=1&sig=LINKSECRET";
            await context.Response.WriteAsync($"you sent {link.Replace("/", slash, StringComparison.Ordinal)}");
        });
        _rig.Use(("app", receiver.Url));

        var result = await _rig.DeliverAsync(Samples.Delivery());

        Assert.Equal(["attachment-2", null], _rig.Messages.Links.Select(made => made.Link.Part));
        Assert.Equal(new("attachment-2", "application/zip", "b.zip"), _rig.Messages.Links[0].Link);
        Assert.Equal(new(null, "message/rfc822", $"{Samples.Id}.eml"), _rig.Messages.Links[1].Link);
        Assert.All(_rig.Messages.Links, made => Assert.Equal(Samples.Now.AddHours(24), made.Expires));
        using var body = JsonDocument.Parse(Assert.Single(receiver.Requests).Body);
        Assert.Contains("LINKSECRET", body.RootElement.GetProperty("data").GetProperty("raw").GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("LINKSECRET", Encoding.UTF8.GetString(_rig.State.Single(DeadLetterRecord.Collection).Value.Span), StringComparison.Ordinal);
        Assert.DoesNotContain("LINKSECRET", _rig.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("LINKSECRET", JsonSerializer.Serialize(result.Activities), StringComparison.Ordinal);
    }
}
