using Gateway.Core.Events;

namespace Gateway.Core.Tests;

/// <summary>Events with every field set, and with only the required ones.</summary>
internal static class Sample
{
    public static readonly MessageId Id = new(new("0193f1c2-7a00-7000-8000-0123456789ab"));

    public static readonly DateTimeOffset At = new(2026, 11, 24, 18, 0, 0, 123, TimeSpan.Zero);

    public static ReceivedEvent Received { get; } = new()
    {
        MessageId = Id,
        ReceivedAt = At,
        Octets = 4321,
        Sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        Envelope = new()
        {
            From = "jörg+a<b>@example.org",
            Recipients = ["support@in.example.com", "\"a b\"@in.example.com"],
            Helo = "mail.example.org",
            SmtpUtf8 = true,
            Body = BodyType.BinaryMime,
        },
        Client = new("203.0.113.7", ClientSource.Proxy, "mail.example.org", "app-1"),
        Tls = new(
            "TLSv1.3", "TLS_AES_256_GCM_SHA384", "mx.example.com",
            new(new('c', 64), "CN=mail.example.org, O=J\\C3\\B6rg", "CN=Example CA", new(2027, 2, 3, 4, 5, 6, TimeSpan.Zero), Trusted: true)),
        Evidence = [new() { Method = "spf", Result = "softfail", Domain = "example.org", Reason = "no mechanism matched but ~all" }],
        Received = "Received: from mail.example.org (mail.example.org [203.0.113.7])\r\n\tby mx.example.com with UTF8SMTPS id 1; Tue, 24 Nov 2026 18:00:00 +0000",
        Defects = ["eight_bit_undeclared"],
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        Send = 2,
    };

    public static Verdict Verdict { get; } = new()
    {
        Authentication = new()
        {
            Spf = new() { Method = "spf", Result = "pass", Domain = "example.org" },
            Dkim = [new() { Method = "dkim", Result = "pass", Domain = "example.org", Selector = "s1" }],
            Dmarc = new() { Method = "dmarc", Result = "pass", Domain = "example.org", Policy = "reject" },
            Arc = new() { Method = "arc", Result = "none" },
            Iprev = new() { Method = "iprev", Result = MethodResult.NotEvaluated, Reason = "The client's address is not known" },
        },
        Sender = new("example.org", true, "dkim"),
        Spam = new("ham", 0.4, 5, ["HTML_ONLY", "NO_DATE"]),
        Automated = true,
        Defects = ["no_date"],
    };

    public static MessageSummary Summary { get; } = new() { ContentPart = "content.json", Subject = "Grüße \"heute\" 😀", Attachments = 3 };

    public static InspectedEvent Inspected { get; } = new()
    {
        Message = Received,
        Verdict = Verdict,
        Summary = Summary,
        Headers = [new("Subject", "Grüße \"heute\" 😀"), new("List-Id", "<announce.example.org>")],
        HeadersTruncated = true,
        Run = 7,
        Send = 1,
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203332-01",
    };

    public static DeliveryEvent Delivery { get; } = new()
    {
        DeliveryId = DeliveryId.Of(Id, "support@in.example.com", "support", "app"),
        Message = Received,
        Verdict = Verdict,
        Summary = Summary,
        Recipient = "support@in.example.com",
        RouteId = "support",
        EndpointId = "app",
        Run = 7,
        Attempt = 4,
        Send = 9,
        ParkedSince = At.AddHours(1),
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203333-00",
        UnknownSince = At.AddHours(2),
    };
}
