using System.Diagnostics.Metrics;
using Gateway.Core.Ports;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Tls;

public sealed class CertificateGaugeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_told_is_the_one_that_ends_first_and_nothing_while_there_is_none()
    {
        using var meters = new TestServer.Meters();
        var metrics = new SmtpMetrics(meters);
        ServerCertificates? current = null;
        metrics.Watch(() => current, new FakeTimeProvider(Now));
        var told = new List<double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter, meters.Last) && instrument.Name == "gateway.smtp.certificate.remaining")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => told.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Empty(told);

        current = new(Ending(40), Ending(20), Ending(30));
        listener.RecordObservableInstruments();
        current = new(Ending(40), Ending(-1));
        listener.RecordObservableInstruments();
        Assert.Equal([TimeSpan.FromDays(20).TotalSeconds, -TimeSpan.FromDays(1).TotalSeconds], told);
    }

    /// <summary>Self-signed ones are good for 3,650 days.</summary>
    private static ServerCertificate Ending(int days) =>
        ServerCertificate.FromPkcs12(ServerCertificate.SelfSigned("a.example", Now.AddDays(days - 3650)), "a");
}
