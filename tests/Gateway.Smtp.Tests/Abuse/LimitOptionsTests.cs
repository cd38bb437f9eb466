using System.Net;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class LimitOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_exempt_this_machine()
    {
        var options = new LimitOptions();
        Assert.Empty(options.Problems());
        var exempt = options.ExemptNetworks();
        Assert.All(["127.0.0.1", "127.255.0.9", "::1"], address => Assert.True(exempt.Contains(IPAddress.Parse(address)), address));
        Assert.All(["128.0.0.1", "10.0.0.1", "::2"], address => Assert.False(exempt.Contains(IPAddress.Parse(address)), address));
    }

    [Theory]
    [InlineData("none")]
    [InlineData(null)]
    public void Nobody_may_be_exempt(string? exempt)
    {
        var options = new LimitOptions { Exempt = exempt };
        Assert.Empty(options.Problems());
        Assert.False(options.ExemptNetworks().Contains(IPAddress.Loopback));
    }

    [Theory]
    [InlineData("", "Limits:Exempt is empty: for nobody it is none")]
    [InlineData(" ", "Limits:Exempt is empty")]
    [InlineData("127.0.0.1, none", "Limits:Exempt has none, which is neither")]
    [InlineData("10.1/16,192.0.2.9/24", "Limits:Exempt has 10.1/16, which", "Limits:Exempt has 192.0.2.9/24, which")]
    [InlineData("::ffff:10.1.0.5", "Limits:Exempt has ::ffff:10.1.0.5, which is written as IPv4")]
    [InlineData("192.0.2.0/24, 2001:db8::/32,198.51.100.7")]
    public void Who_cannot_be_meant_is_named(string exempt, params string[] problems) => AssertProblems(new() { Exempt = exempt }, problems);

    [Fact]
    public void Every_setting_has_limits_and_all_that_are_passed_are_named_at_once()
    {
        AssertProblems(
            new()
            {
                ConnectionsPerAddress = -1,
                ConnectionsPerNetwork = 100_001,
                ConnectionsPerMinute = 1_000_001,
                MessagesPerMinute = -1,
                RecipientsPerMinute = 99,
                ErrorsPerMinute = 1_000_001,
                TarpitAfterErrors = 1_001,
                TarpitDelay = TimeSpan.FromSeconds(10.5),
                MaxTarpittedPercent = 51,
                GreetDelay = TimeSpan.FromSeconds(-1),
                MinDataRate = 65_537,
                MaxMemoryOctets = 1_048_575,
                TrackedAddresses = 1_023,
            },
            "Limits:ConnectionsPerAddress must be between 0 and 100,000",
            "Limits:ConnectionsPerNetwork must",
            "Limits:ConnectionsPerMinute must be between 0 and 1,000,000",
            "Limits:MessagesPerMinute must",
            "Limits:RecipientsPerMinute must be between 100 and 1,000,000, or 0 for no limit",
            "Limits:ErrorsPerMinute must",
            "Limits:TarpitAfterErrors must",
            "Limits:TarpitDelay must be between 0 and 10 seconds",
            "Limits:MaxTarpittedPercent must",
            "Limits:GreetDelay must be between 0 and 60 seconds",
            "Limits:MinDataRate must",
            "Limits:MaxMemoryOctets must be between 1,048,576 and 68,719,476,736",
            "Limits:TrackedAddresses must be between 1,024 and 1,000,000");
    }

    [Fact]
    public void The_limits_themselves_are_valid()
    {
        Assert.Empty(new LimitOptions
        {
            ConnectionsPerAddress = 0,
            ConnectionsPerNetwork = 0,
            ConnectionsPerMinute = 0,
            MessagesPerMinute = 0,
            RecipientsPerMinute = 0,
            ErrorsPerMinute = 0,
            TarpitAfterErrors = 0,
            TarpitDelay = TimeSpan.Zero,
            MaxTarpittedPercent = 0,
            GreetDelay = TimeSpan.Zero,
            MinDataRate = 0,
            MaxMemoryOctets = 1_048_576,
            TrackedAddresses = 1_024,
        }.Problems());
        Assert.Empty(new LimitOptions
        {
            ConnectionsPerAddress = 100_000,
            ConnectionsPerNetwork = 100_000,
            ConnectionsPerMinute = 1_000_000,
            MessagesPerMinute = 1_000_000,
            RecipientsPerMinute = 100,
            ErrorsPerMinute = 1_000_000,
            TarpitAfterErrors = 1_000,
            TarpitDelay = TimeSpan.FromSeconds(10),
            MaxTarpittedPercent = 50,
            GreetDelay = TimeSpan.FromMinutes(1),
            MinDataRate = 65_536,
            MaxMemoryOctets = 68_719_476_736,
            TrackedAddresses = 1_000_000,
        }.Problems());
    }

    [Fact]
    public void An_address_may_not_have_more_than_its_network()
    {
        AssertProblems(new() { ConnectionsPerAddress = 201 }, "Limits:ConnectionsPerNetwork must be no less than ConnectionsPerAddress");
        Assert.Empty(new LimitOptions { ConnectionsPerAddress = 201, ConnectionsPerNetwork = 0 }.Problems());
        Assert.Empty(new LimitOptions { ConnectionsPerAddress = 0, ConnectionsPerNetwork = 1 }.Problems());
    }

    private static void AssertProblems(LimitOptions options, params string[] problems)
    {
        var told = options.Problems().ToList();
        Assert.Equal(problems.Length, told.Count);
        Assert.All(problems, (problem, index) => Assert.StartsWith(problem, told[index], StringComparison.Ordinal));
    }
}
