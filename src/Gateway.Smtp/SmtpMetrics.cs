using System.Diagnostics.Metrics;
using Gateway.Core;
using Gateway.Core.Ports;
using Gateway.Smtp.Protocol;

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

    internal void Accepted(long octets, TimeSpan duration)
    {
        _messageSize.Record(octets);
        _acceptDuration.Record(duration.TotalSeconds);
    }

    private static string? PointOf(Verb verb) => verb switch
    {
        Verb.Mail => "mail",
        Verb.Rcpt => "rcpt",
        Verb.Data => "data",
        _ => null,
    };
}
