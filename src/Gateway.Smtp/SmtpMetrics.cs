using System.Diagnostics.Metrics;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp;

/// <summary>Instruments of the SMTP room. Tags are closed sets only: never an address, a domain or an IP.</summary>
public sealed class SmtpMetrics
{
    public const string MeterName = "Gateway.Smtp";

    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _replies;
    private readonly Counter<long> _refused;
    private readonly Histogram<long> _messageSize;
    private readonly Histogram<double> _acceptDuration;

    public SmtpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _connections = meter.CreateUpDownCounter<long>("gateway.smtp.connections", "{connection}", "Open connections");
        _replies = meter.CreateCounter<long>("gateway.smtp.replies", "{reply}", "Replies sent, by verb and code");
        _refused = meter.CreateCounter<long>("gateway.smtp.refused", "{refusal}", "What was refused, for good or for now, by point");
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
