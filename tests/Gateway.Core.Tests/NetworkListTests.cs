using System.Net;
using System.Net.Sockets;

namespace Gateway.Core.Tests;

public sealed class NetworkListTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "9.255.255.255", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true)]
    [InlineData("::/0", "192.0.2.7", false)]
    [InlineData("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8::/64", "2001:db8:0:1::", false)]
    [InlineData("2001:db8::7", "2001:db8::7", true)]
    [InlineData("::/96", "::192.0.2.7", true)]
    [InlineData("::/96", "::ffff:192.0.2.7", false)]
    public void Network_holds_address(string network, string address, bool holds) =>
        Assert.Equal(holds, NetworkList.Of(network).Contains(IPAddress.Parse(address)));

    [Fact]
    public void None_hold_nothing()
    {
        Assert.True(NetworkList.Empty.IsEmpty);
        Assert.False(NetworkList.Empty.Contains(IPAddress.Loopback));
        Assert.False(NetworkList.Empty.Contains(IPAddress.IPv6Any));
        Assert.False(NetworkList.Of("10.0.0.0/8").IsEmpty);
        Assert.False(NetworkList.Of("fc00::/7").IsEmpty);
    }

    [Theory]
    [InlineData("10.1.0.0/24", null)]
    [InlineData("2001:db8::/64", null)]
    [InlineData("2001:DB8::7", null)]
    [InlineData("10.1", "which is neither")]
    [InlineData("10.1.0.1/24", "which is neither")]
    [InlineData("10.1.0.0/33", "which is neither")]
    [InlineData("010.1.0.0/24", "which is neither")]
    [InlineData("10.1.0.0/24/24", "which is neither")]
    [InlineData("", "which is neither")]
    [InlineData("*", "which is neither")]
    [InlineData("mail.example.org", "which is neither")]
    [InlineData("fe80::1%1", "which is neither")]
    [InlineData("::ffff:10.0.0.0/104", "which is written as IPv4: 10.0.0.0/8")]
    public void Entry_is_well_formed_or_told(string entry, string? problem)
    {
        if (problem is null)
        {
            Assert.Null(NetworkList.ProblemOf(entry));
        }
        else
        {
            Assert.StartsWith(problem, NetworkList.ProblemOf(entry), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 4)]
    [InlineData(AddressFamily.InterNetworkV6, 16)]
    public void A_list_holds_what_one_of_its_networks_holds(AddressFamily family, int octets)
    {
        var random = new Random(octets);
        var held = 0;
        for (var round = 0; round < 300; round++)
        {
            // Few values of few octets, so that networks nest, touch and repeat.
            IPNetwork[] networks = [.. Enumerable.Range(0, random.Next(20)).Select(_ => Network(Address(random, octets), random.Next((octets * 8) + 1)))];
            var list = NetworkList.Of(networks.Select(network => $"{network}"));
            for (var times = 0; times < 50; times++)
            {
                var address = Address(random, octets);
                Assert.Equal(family, address.AddressFamily);
                var expected = networks.Any(network => network.Contains(address));
                Assert.True(expected == list.Contains(address), $"{string.Join(' ', networks)} on {address}: {expected}");
                held += expected ? 1 : 0;
            }
        }

        Assert.InRange(held, 1_000, 14_000);
    }

    private static IPAddress Address(Random random, int octets)
    {
        var address = new byte[octets];
        address[0] = (byte)(0x20 | random.Next(2)); // none of ::/8, where IPv4 is written in IPv6
        address[octets / 2] = (byte)random.Next(4);
        address[^1] = (byte)random.Next(256);
        return new(address);
    }

    private static IPNetwork Network(IPAddress address, int prefix)
    {
        var octets = address.GetAddressBytes();
        for (var bit = prefix; bit < octets.Length * 8; bit++)
        {
            octets[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new(new IPAddress(octets), prefix);
    }
}
