using Gateway.Pipeline.Delivery;
using Microsoft.AspNetCore.Http;

namespace Gateway.Server.Receiver;

/// <summary>Takes webhooks, verifies their signature, shows them, and answers as it was told to.</summary>
internal sealed class WebhookReceiver(ReceiverOptions options, Action<ReceivedWebhook> show, TimeProvider clock)
{
    /// <summary>Octets; a payload is at most text and html of 1 MiB each, attachments of 256 KiB and headers, all escaped.</summary>
    private const int MaxBodyOctets = 32 * 1024 * 1024;

    /// <summary>Deliveries whose failures are counted; past it the oldest counts begin anew.</summary>
    private const int MaxCounted = 10_000;

    private readonly Lock _counting = new();
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);

    public async Task ReceiveAsync(HttpContext http)
    {
        var cancel = http.RequestAborted;
        if (options.Delay > TimeSpan.Zero)
        {
            await Task.Delay(options.Delay, clock, cancel);
        }

        var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, cancel)) > 0)
        {
            if (body.Length + read > MaxBodyOctets)
            {
                http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return;
            }

            body.Write(buffer, 0, read);
        }

        var headers = http.Request.Headers;
        var fields = new WebhookHeaders(headers[WebhookSignature.IdHeader], headers[WebhookSignature.TimestampHeader], headers[WebhookSignature.SignatureHeader]);
        var octets = body.ToArray();
        var signature = WebhookSignature.Verify(fields, octets, options.Secrets, clock.GetUtcNow());
        var status = signature != SignatureStatus.Valid ? StatusCodes.Status401Unauthorized : PlannedStatus(fields.Id ?? "");
        show(new(fields.Id ?? "", signature, status, octets));
        http.Response.StatusCode = status;
    }

    private int PlannedStatus(string id)
    {
        if (options.Fail is not { } fail)
        {
            return StatusCodes.Status200OK;
        }

        lock (_counting)
        {
            if (_failures.Count >= MaxCounted)
            {
                _failures.Clear();
            }

            var failed = _failures.GetValueOrDefault(id);
            if (fail.Times is { } times && failed >= times)
            {
                return StatusCodes.Status200OK;
            }

            _failures[id] = failed + 1;
            return fail.Status;
        }
    }
}

/// <summary>A webhook as it came in.</summary>
/// <param name="Id">The webhook-id field; "" when missing. Unverified text unless the signature is valid.</param>
/// <param name="Signature">Whether it was signed with a known secret.</param>
/// <param name="Status">What was answered.</param>
/// <param name="Octets">The body.</param>
internal sealed record ReceivedWebhook(string Id, SignatureStatus Signature, int Status, byte[] Octets);
