using Gateway.Core;
using Gateway.Core.Admission;
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
            new(IsExtended: true, IsAuthenticated: false, IsUtf8: false),
            [User],
            At));

    [Fact]
    public void Several_recipients_are_not_told_and_an_unknown_client_is_unknown() => Assert.Equal(
        "Received: from [192.0.2.1] (unknown)\r\n by mx.example.net with SMTP\r\n id 0193f1c2-0000-7000-8000-000000000001;\r\n Wed, 4 Nov 2026 17:00:07 +0000",
        ReceivedField.Format("mx.example.net", Id, new(new(null, ClientSource.Unknown), "[192.0.2.1]", null), default, [User, User], At));

    // RFC 3848 section 1 and RFC 6531 section 4.3, in the words of the registry.
    [Theory]
    [InlineData(false, false, false, false, "SMTP")]
    [InlineData(true, false, false, false, "ESMTP")]
    [InlineData(true, false, true, false, "ESMTPA")]
    [InlineData(true, true, false, false, "ESMTPS")]
    [InlineData(true, true, true, false, "ESMTPSA")]
    [InlineData(false, true, false, false, "ESMTPS")] // there is no word for HELO over TLS
    [InlineData(true, false, false, true, "UTF8SMTP")]
    [InlineData(true, false, true, true, "UTF8SMTPA")]
    [InlineData(true, true, false, true, "UTF8SMTPS")]
    [InlineData(true, true, true, true, "UTF8SMTPSA")]
    public void Each_way_to_speak_has_its_word(bool isExtended, bool isOverTls, bool isAuthenticated, bool isUtf8, string word)
    {
        var session = new SessionFacts(new("203.0.113.7", ClientSource.Socket), "x.example", isOverTls ? new("TLSv1.3", "TLS_AES_128_GCM_SHA256") : null);
        var field = ReceivedField.Format("mx.example.net", Id, session, new(isExtended, isAuthenticated, isUtf8), [User], At);
        Assert.Equal(word, field.Split(" with ")[1].Split("\r\n")[0]);
    }

    [Fact]
    public void A_recipient_beyond_ascii_is_written_only_under_smtputf8()
    {
        var session = new SessionFacts(new(null, ClientSource.Unknown), "x.example", null);
        var recipient = new ForwardPath(new("用户 1", "xn--fiqs8s"));
        Assert.Contains("\r\n for <\"用户 1\"@xn--fiqs8s>;\r\n", ReceivedField.Format("mx.example.net", Id, session, new(true, false, IsUtf8: true), [recipient], At), StringComparison.Ordinal);
        Assert.DoesNotContain(" for ", ReceivedField.Format("mx.example.net", Id, session, new(true, false, IsUtf8: false), [recipient], At), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2001:db8::1", true, "([IPv6:2001:db8::1])\r\n by mx.example.net with ESMTP\r\n")]
    [InlineData("203.0.113.7", false, "([203.0.113.7])\r\n by mx.example.net with SMTP\r\n")]
    public void The_address_is_a_literal(string ip, bool isExtended, string part) => Assert.Contains(
        part,
        ReceivedField.Format("mx.example.net", Id, new(new(ip, ClientSource.Socket), "x", null), new(isExtended, IsAuthenticated: false, IsUtf8: false), [User], At),
        StringComparison.Ordinal);
}
