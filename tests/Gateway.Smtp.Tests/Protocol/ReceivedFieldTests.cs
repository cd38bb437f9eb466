using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class ReceivedFieldTests
{
    private static readonly MessageId Id = new(Guid.Parse("0193f1c2-0000-7000-8000-000000000001"));
    private static readonly DateTimeOffset At = new(2026, 11, 4, 18, 0, 7, TimeSpan.FromHours(1));
    private static readonly ForwardPath User = new(new Mailbox("us er", "example.net"));

    [Fact]
    public void It_tells_client_protocol_cipher_id_and_the_only_recipient() => Assert.Equal(
        "Received: from mail.client.example (mail.client.example [203.0.113.7])\r\n by mx.example.net with ESMTPS\r\n"
        + " (version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384)\r\n id 0193f1c2-0000-7000-8000-000000000001\r\n for <\"us er\"@example.net>;\r\n"
        + " Wed, 4 Nov 2026 17:00:07 +0000",
        ReceivedField.Format(
            "mx.example.net",
            Id,
            new(new("203.0.113.7", ClientSource.Socket, "mail.client.example"), "mail.client.example", new("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
            isExtended: true,
            [User],
            At));

    [Fact]
    public void Several_recipients_are_not_told_and_an_unknown_client_is_unknown() => Assert.Equal(
        "Received: from [192.0.2.1] (unknown)\r\n by mx.example.net with SMTP\r\n id 0193f1c2-0000-7000-8000-000000000001;\r\n Wed, 4 Nov 2026 17:00:07 +0000",
        ReceivedField.Format("mx.example.net", Id, new(new(null, ClientSource.Unknown), "[192.0.2.1]", null), isExtended: false, [User, User], At));

    [Theory]
    [InlineData("2001:db8::1", true, "([IPv6:2001:db8::1])\r\n by mx.example.net with ESMTP\r\n")]
    [InlineData("203.0.113.7", false, "([203.0.113.7])\r\n by mx.example.net with SMTP\r\n")]
    public void The_address_is_a_literal(string ip, bool isExtended, string part) => Assert.Contains(
        part,
        ReceivedField.Format("mx.example.net", Id, new(new(ip, ClientSource.Socket), "x", null), isExtended, [User], At),
        StringComparison.Ordinal);
}
