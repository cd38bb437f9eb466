using System.Diagnostics.Metrics;
using Gateway.Core;
using Gateway.Core.Ports;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>Instruments of the SMTP room. Tags are closed sets only: never an address, a domain or an IP.</summary>
public sealed class SmtpMetrics
{
    public const string MeterName = "Gateway.Smtp";

    private readonly Meter _meter;
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _replies;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _unknown;
    private readonly Counter<long> _proxyRefused;
    private readonly Counter<long> _limited;
    private readonly Counter<long> _delayed;
    private readonly Counter<long> _cut;
    private readonly Histogram<long> _messageSize;
    private readonly Histogram<double> _acceptDuration;

    public SmtpMetrics(IMeterFactory meters)
    {
        var meter = _meter = meters.Create(MeterName);
        _connections = meter.CreateUpDownCounter<long>("gateway.smtp.connections", "{connection}", "Open connections");
        _replies = meter.CreateCounter<long>("gateway.smtp.replies", "{reply}", "Replies sent, by verb and code");
        _refused = meter.CreateCounter<long>("gateway.smtp.refused", "{refusal}", "What was refused, for good or for now, by point");
        _unknown = meter.CreateCounter<long>("gateway.smtp.client.unknown", "{connection}", "Connections whose client is hidden though it should not be, by reason");
        _proxyRefused = meter.CreateCounter<long>("gateway.smtp.proxy.refused", "{connection}", "Connections closed for the want of a PROXY header that may be taken, by reason");
        _limited = meter.CreateCounter<long>("gateway.smtp.limited", "{refusal}", "Connections and commands that a limit refused, by limit");
        _delayed = meter.CreateCounter<long>("gateway.smtp.delayed", "{reply}", "Replies that were due for the tarpit, by whether there was room in it");
        _cut = meter.CreateCounter<long>("gateway.smtp.cut", "{connection}", "Connections closed for what the client is seen to be, by reason");
        _messageSize = meter.CreateHistogram<long>("gateway.smtp.message.size", "By", "Octets of accepted messages");
        _acceptDuration = meter.CreateHistogram<double>("gateway.smtp.accept.duration", "s", "From the end of a message to its being durable");
    }

    internal void Opened() => _connections.Add(1);

    internal void Closed() => _connections.Add(-1);

    internal void Replied(Verb verb, Reply reply)
    {
        if (_replies.Enabled) // a tag's value is boxed
        {
            _replies.Add(1, new("smtp.verb", verb.ToString()), new("smtp.code", reply.Code));
        }

        if (!reply.IsAccepted && PointOf(verb) is { } point)
        {
            _refused.Add(1, new KeyValuePair<string, object?>("smtp.point", point));
        }
    }

    internal void RefusedConnection() => _refused.Add(1, new KeyValuePair<string, object?>("smtp.point", "connect"));

    /// <summary>A limit refused a connection or a command.</summary>
    internal void Limited(Limit limit) => _limited.Add(1, new KeyValuePair<string, object?>("smtp.limit", NameOf(limit)));

    /// <summary>A reply waits in the tarpit; or would, were there room.</summary>
    internal void Delayed(bool hasRoom) => _delayed.Add(1, new KeyValuePair<string, object?>("smtp.tarpit", hasRoom ? "waited" : "full"));

    internal void CutEarlyTalker() => Cut("early_talker");

    /// <summary>A message that came more slowly than it may.</summary>
    internal void CutSlow() => Cut("too_slow");

    internal void CutForeign(Foreign protocol) => Cut(protocol switch
    {
        Foreign.Tls => "tls",
        Foreign.Http => "http",
        Foreign.Ssh => "ssh",
        Foreign.Rtsp => "rtsp",
        _ => "sip",
    });

    internal void HiddenByNat() => _unknown.Add(1, new KeyValuePair<string, object?>("smtp.reason", "behind_nat"));

    internal void RefusedHeader(string reason) => _proxyRefused.Add(1, new KeyValuePair<string, object?>("smtp.reason", reason));

    /// <summary>Tells how long the certificate in force that ends first is good for: negative once it has ended, nothing while there is none. For the one server of a process.</summary>
    internal void Watch(Func<ServerCertificates?> certificates, TimeProvider clock) => _meter.CreateObservableGauge(
        "gateway.smtp.certificate.remaining",
        () => certificates() is { } current
            ? [new Measurement<double>((current.NotAfter - clock.GetUtcNow().UtcDateTime).TotalSeconds)]
            : Array.Empty<Measurement<double>>(),
        "s",
        "Until the first of the certificates that clients are shown ends");

    /// <summary>Tells how many clients are remembered and how much memory is held. For the one server of a process.</summary>
    internal void Watch(ClientLedger clients, MemoryBudget memory)
    {
        _meter.CreateObservableGauge("gateway.smtp.clients.tracked", () => clients.Tracked, "{client}", "Clients whose rates are remembered");
        _meter.CreateObservableGauge("gateway.smtp.memory.held", () => memory.HeldOctets, "By", "Memory for input and messages that is taken from its budget");
    }

    internal void Accepted(long octets, TimeSpan duration)
    {
        _messageSize.Record(octets);
        _acceptDuration.Record(duration.TotalSeconds);
    }

    private void Cut(string reason) => _cut.Add(1, new KeyValuePair<string, object?>("smtp.reason", reason));

    private static string NameOf(Limit limit) => limit switch
    {
        Limit.Connections => "connections",
        Limit.ConnectionsPerAddress => "connections_per_address",
        Limit.ConnectionsPerNetwork => "connections_per_network",
        Limit.ConnectionsPerMinute => "connections_per_minute",
        Limit.MessagesPerMinute => "messages_per_minute",
        Limit.RecipientsPerMinute => "recipients_per_minute",
        Limit.ErrorsPerMinute => "errors_per_minute",
        _ => "memory",
    };

    private static string? PointOf(Verb verb) => verb switch
    {
        Verb.Mail => "mail",
        Verb.Rcpt => "rcpt",
        Verb.Data or Verb.Bdat => "data",
        _ => null,
    };
}
