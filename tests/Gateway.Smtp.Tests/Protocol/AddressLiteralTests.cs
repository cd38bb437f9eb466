using System.Net;
using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>RFC 5321 section 4.1.3.</summary>
public sealed class AddressLiteralTests
{
    [Theory]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("[0.0.0.0]", "[0.0.0.0]")]
    [InlineData("[255.255.255.255]", "[255.255.255.255]")]
    [InlineData("[IPv6:2001:db8:1:2:3:4:5:6]", "[IPv6:2001:db8:1:2:3:4:5:6]")] // IPv6-full
    [InlineData("[ipv6:2001:DB8:0001:2:3:4:5:6]", "[IPv6:2001:db8:1:2:3:4:5:6]")]
    [InlineData("[IPv6:::]", "[IPv6:::]")] // IPv6-comp
    [InlineData("[IPv6:::1]", "[IPv6:::1]")]
    [InlineData("[IPv6:2001:db8::]", "[IPv6:2001:db8::]")]
    [InlineData("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]")]
    [InlineData("[IPv6:1:2:3::4:5:6]", "[IPv6:1:2:3::4:5:6]")] // six beside the gap
    [InlineData("[IPv6:::3:4:5:6:7:8]", "[IPv6:::3:4:5:6:7:8]")]
    [InlineData("[IPv6:1:2:3:4:5:6::]", "[IPv6:1:2:3:4:5:6::]")]
    [InlineData("[IPv6:1:2:3:4:5:6:192.0.2.1]", "[IPv6:1:2:3:4:5:6:c000:201]")] // IPv6v4-full
    [InlineData("[IPv6:0:0:0:0:0:ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]")]
    [InlineData("[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]")] // IPv6v4-comp
    [InlineData("[IPv6:::FFFF:C000:201]", "[IPv6:::ffff:192.0.2.1]")]
    [InlineData("[IPv6:1:2::3:4:192.0.2.1]", "[IPv6:1:2::3:4:c000:201]")] // four beside the gap
    public void Literals_are_read_into_one_form(string text, string literal)
    {
        Assert.Equal(literal, AddressLiteral.Parse(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(literal, AddressLiteral.Parse(Encoding.ASCII.GetBytes(literal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[ ]")]
    [InlineData("192.0.2.1")]
    [InlineData("[192.0.2.1")]
    [InlineData("192.0.2.1]")]
    [InlineData("[[192.0.2.1]]")]
    [InlineData("[ 192.0.2.1]")]
    [InlineData("[192.0.2.1 ]")]
    [InlineData("[192.0.2]")]
    [InlineData("[192.0.2.]")]
    [InlineData("[192.0.2.1.]")]
    [InlineData("[.192.0.2.1]")]
    [InlineData("[192.0.2.1.1]")]
    [InlineData("[192.0.2.256]")]
    [InlineData("[192.0.2.1000]")]
    [InlineData("[192.0.2.-1]")]
    [InlineData("[192.0.2.+1]")]
    [InlineData("[192.0.2.01]")] // octal to some readers
    [InlineData("[192.0.2.0x1]")]
    [InlineData("[3221225985]")]
    [InlineData("[192.0.2.1/32]")]
    [InlineData("[192.0.2.1:25]")]
    [InlineData("[IPv4:192.0.2.1]")]
    [InlineData("[x400:c=us]")] // General-address-literal: no tag but IPv6 is registered
    [InlineData("[example.com]")]
    [InlineData("[::1]")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[IPv6:]")]
    [InlineData("[IPv6::]")]
    [InlineData("[IPv6:1]")]
    [InlineData("[IPv6:192.0.2.1]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7:8:9]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7:]")]
    [InlineData("[IPv6::1:2:3:4:5:6:7]")]
    [InlineData("[IPv6:::1:2:3:4:5:6:7]")] // a gap of one group
    [InlineData("[IPv6:1:2:3:4:5:6:7::]")]
    [InlineData("[IPv6:1:2:3:4::5:6:7]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7::8]")]
    [InlineData("[IPv6:1::2::3]")]
    [InlineData("[IPv6::::]")]
    [InlineData("[IPv6:1:::2]")]
    [InlineData("[IPv6:12345::]")]
    [InlineData("[IPv6:00001::]")]
    [InlineData("[IPv6:g::]")]
    [InlineData("[IPv6:-1::]")]
    [InlineData("[IPv6:1:2:3:4:5:192.0.2.1]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7:192.0.2.1]")]
    [InlineData("[IPv6:1:2:3::4:5:192.0.2.1]")]
    [InlineData("[IPv6:192.0.2.1::]")]
    [InlineData("[IPv6:192.0.2.1::1]")]
    [InlineData("[IPv6:::192.0.2.1:1]")]
    [InlineData("[IPv6:::ffff:192.0.2]")]
    [InlineData("[IPv6:::ffff:192.0.2.01]")]
    [InlineData("[IPv6:::ffff:192.0.2.256]")]
    [InlineData("[IPv6:fe80::1%1]")]
    [InlineData("[IPv6:fe80::1%eth0]")]
    [InlineData("[IPv6:[::1]]")]
    [InlineData("[IPv6: ::1]")]
    [InlineData("[IPv6:::1/128]")]
    [InlineData("[IPv6 ::1]")]
    public void Anything_else_is_no_literal(string text) => Assert.Null(AddressLiteral.Parse(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Every_address_has_a_literal_that_is_read_back()
    {
        var random = new Random(4291);
        Span<byte> octets = stackalloc byte[16];
        for (var round = 0; round < 50_000; round++)
        {
            random.NextBytes(octets);
            for (var i = 0; i < 16; i += 2)
            {
                if (random.Next(3) > 0)
                {
                    octets[i] = 0;
                    octets[i + 1] &= (byte)(random.Next(2) == 0 ? 0 : 0xff);
                }
            }

            var address = new IPAddress(round % 4 == 0 ? octets[12..] : octets);
            var literal = AddressLiteral.Format(address);
            Assert.Equal(literal, AddressLiteral.Parse(Encoding.ASCII.GetBytes(literal)));
        }
    }
}
