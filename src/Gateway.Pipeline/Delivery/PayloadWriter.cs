using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Delivery;

/// <summary>Where the big things of a message can be read for a while.</summary>
/// <param name="Raw">The raw message.</param>
/// <param name="Parts">By name of the part in the message store.</param>
public sealed record PayloadLinks(Uri Raw, FrozenDictionary<string, Uri> Parts);

/// <summary>
/// Writes the body of a webhook (webhook.schema.json). Every property is there, whatever was found out about the message, in one order;
/// the same event, content and links give the same octets.
/// </summary>
public static class PayloadWriter
{
    /// <summary>The type of event that this is about.</summary>
    public const string Type = "message.received";

    // The body is JSON for a program and never put into HTML as it is, which is what the default encoder guards against.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ReadOnlyMemory<byte> Write(DeliveryEvent item, MessageContent content, PayloadLinks links)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("type"u8, Type);

        // When it happened (Standard Webhooks, "Payload structure"), so it stays the same over retries; webhook-timestamp is the attempt's.
        json.WriteString("timestamp"u8, Milliseconds(item.Message.ReceivedAt));
        json.WriteStartObject("data"u8);
        json.WriteString("id"u8, item.Message.MessageId.Value);
        json.WriteString("receivedAt"u8, Milliseconds(item.Message.ReceivedAt));
        WriteEnvelope(json, item);
        WriteClient(json, item.Message.Client);
        WriteAuthentication(json, item.Verdict.Authentication);
        WriteVerdict(json, item.Verdict);
        WriteContent(json, content);
        WriteAttachments(json, content.Attachments, links);
        WriteRaw(json, item.Message, links);
        json.WriteStartObject("route"u8);
        json.WriteString("id"u8, item.RouteId);
        json.WriteString("endpoint"u8, item.EndpointId);
        json.WriteEndObject();
        json.WriteBoolean("automated"u8, item.Verdict.Automated);
        WriteStrings(json, "defects", item.Message.Defects.Union(item.Verdict.Defects, StringComparer.Ordinal));
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteEnvelope(Utf8JsonWriter json, DeliveryEvent item)
    {
        var envelope = item.Message.Envelope;
        json.WriteStartObject("envelope"u8);
        json.WriteString("from"u8, envelope.From);
        json.WriteString("to"u8, item.Recipient);
        WriteStrings(json, "recipients", envelope.Recipients);
        json.WriteString("helo"u8, envelope.Helo);
        json.WriteBoolean("smtputf8"u8, envelope.SmtpUtf8);
        WriteTls(json, item.Message.Tls);
        json.WriteEndObject();
    }

    private static void WriteTls(Utf8JsonWriter json, TlsFacts? tls)
    {
        if (tls is null)
        {
            json.WriteNull("tls"u8);
            return;
        }

        json.WriteStartObject("tls"u8);
        json.WriteString("version"u8, tls.Version);
        json.WriteString("cipher"u8, tls.Cipher);
        json.WriteString("serverName"u8, tls.ServerName);
        if (tls.ClientCertificate is { } certificate)
        {
            json.WriteStartObject("clientCertificate"u8);
            json.WriteString("sha256"u8, certificate.Sha256);
            json.WriteString("subject"u8, certificate.Subject);
            json.WriteString("issuer"u8, certificate.Issuer);
            json.WriteString("notAfter"u8, Milliseconds(certificate.NotAfter));
            json.WriteBoolean("trusted"u8, certificate.Trusted);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("clientCertificate"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteClient(Utf8JsonWriter json, ClientFacts client)
    {
        json.WriteStartObject("client"u8);
        json.WriteString("ip"u8, client.Ip);
        json.WriteString("source"u8, client.Source switch
        {
            ClientSource.Socket => "socket"u8,
            ClientSource.Proxy => "proxy"u8,
            _ => "unknown"u8,
        });
        json.WriteString("name"u8, client.Name);
        json.WriteString("user"u8, client.User);
        json.WriteEndObject();
    }

    private static void WriteAuthentication(Utf8JsonWriter json, AuthenticationVerdict authentication)
    {
        json.WriteStartObject("authentication"u8);
        json.WriteStartObject("spf"u8);
        json.WriteString("result"u8, authentication.Spf.Result);
        json.WriteString("domain"u8, authentication.Spf.Domain);
        json.WriteEndObject();
        json.WriteStartArray("dkim"u8);
        foreach (var signature in authentication.Dkim)
        {
            json.WriteStartObject();
            json.WriteString("result"u8, signature.Result);
            json.WriteString("domain"u8, signature.Domain);
            json.WriteString("selector"u8, signature.Selector);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("dmarc"u8);
        json.WriteString("result"u8, authentication.Dmarc.Result);
        json.WriteString("domain"u8, authentication.Dmarc.Domain);
        json.WriteString("policy"u8, authentication.Dmarc.Policy);
        json.WriteEndObject();
        json.WriteStartObject("arc"u8);
        json.WriteString("result"u8, authentication.Arc.Result);
        json.WriteEndObject();
        json.WriteStartObject("iprev"u8);
        json.WriteString("result"u8, authentication.Iprev.Result);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVerdict(Utf8JsonWriter json, Verdict verdict)
    {
        json.WriteStartObject("sender"u8);
        json.WriteString("domain"u8, verdict.Sender.Domain);
        json.WriteBoolean("verified"u8, verdict.Sender.Verified);
        json.WriteString("by"u8, verdict.Sender.By);
        json.WriteEndObject();
        json.WriteStartObject("spam"u8);
        json.WriteString("class"u8, verdict.Spam.Class);
        WriteNumber(json, "score", verdict.Spam.Score);
        WriteNumber(json, "required", verdict.Spam.Required);
        WriteStrings(json, "symbols", verdict.Spam.Symbols);
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, MessageContent content)
    {
        json.WriteStartArray("headers"u8);
        foreach (var field in content.Headers)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, field.Name);
            json.WriteString("value"u8, field.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteAddresses(json, "from", content.From);
        WriteAddresses(json, "to", content.To);
        WriteAddresses(json, "cc", content.Cc);
        WriteAddresses(json, "replyTo", content.ReplyTo);
        json.WriteString("subject"u8, content.Subject);
        json.WriteString("date"u8, content.Date is { } date ? Seconds(date) : null);
        json.WriteString("messageId"u8, content.MessageId);
        json.WriteString("inReplyTo"u8, content.InReplyTo);
        WriteStrings(json, "references", content.References);
        json.WriteString("text"u8, content.Text);
        json.WriteString("html"u8, content.Html);
        json.WriteBoolean("truncated"u8, content.Truncated);
        json.WriteNull("reply"u8);
    }

    private static void WriteAttachments(Utf8JsonWriter json, ImmutableArray<AttachmentContent> attachments, PayloadLinks links)
    {
        json.WriteStartArray("attachments"u8);
        foreach (var attachment in attachments)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, attachment.Name);
            json.WriteString("contentType"u8, attachment.ContentType);
            json.WriteNumber("size"u8, attachment.Size);
            json.WriteString("sha256"u8, attachment.Sha256);
            json.WriteString("contentId"u8, attachment.ContentId);
            if (attachment.Content is { } octets)
            {
                json.WriteBase64String("content"u8, octets);
            }
            else
            {
                json.WriteNull("content"u8);
            }

            json.WriteString("url"u8, attachment is { Content: null, Part: { } part } ? links.Parts[part].AbsoluteUri : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRaw(Utf8JsonWriter json, ReceivedEvent message, PayloadLinks links)
    {
        json.WriteStartObject("raw"u8);
        json.WriteString("url"u8, links.Raw.AbsoluteUri);
        json.WriteNumber("size"u8, message.Octets);
        json.WriteString("sha256"u8, message.Sha256);
        json.WriteEndObject();
    }

    private static void WriteAddresses(Utf8JsonWriter json, string name, ImmutableArray<MailAddress> addresses)
    {
        json.WriteStartArray(name);
        foreach (var address in addresses)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, address.Name);
            json.WriteString("address"u8, address.Address);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Milliseconds(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Seconds(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
