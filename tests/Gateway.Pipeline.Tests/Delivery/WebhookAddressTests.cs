using System.Globalization;
using System.Net;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Pipeline.Tests.Delivery;

/// <summary>Where the client goes, and where it does not.</summary>
public sealed class WebhookAddressTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(Samples.Now);
    private readonly WebhookClient _client;

    public WebhookAddressTests() => _client = new(_clock);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Name_without_address_is_a_failure_to_resolve()
    {
        Assert.Equal(DeliveryFailure.Resolve, (await PostAsync(new("http://does-not-exist.invalid/"))).Failure);
        using var empty = new WebhookClient(_clock, (_, _) => Task.FromResult(Array.Empty<IPAddress>()), null);
        Assert.Equal(DeliveryFailure.Resolve, (await PostAsync(new("http://a.example/"), client: empty)).Failure);
    }

    [Fact]
    public async Task Resolver_that_hangs_takes_the_endpoints_time_and_no_more()
    {
        var asked = new TaskCompletionSource();
        using var client = new WebhookClient(
            _clock,
            async (_, cancel) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, cancel);
                return [];
            },
            null);

        var posting = PostAsync(new("http://slow.example/"), client: client);
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(15));

        var answer = await posting;
        Assert.Equal((DeliveryFailure.Timeout, TimeSpan.FromSeconds(15)), (answer.Failure, answer.Elapsed));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://[64:ff9b::7f00:1]:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://0x7f.1:{0}/")]
    [InlineData("http://017700000001:{0}/")]
    [InlineData("http://10.0.0.1:{0}/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://168.63.129.16/machine")]
    public async Task Public_endpoint_does_not_reach_what_is_not_public(string url)
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        var target = new Uri(string.Format(CultureInfo.InvariantCulture, url, receiver.Url.Port));

        Assert.Equal(DeliveryFailure.AddressRefused, (await PostAsync(target, allowPrivate: false)).Failure);

        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://168.63.129.16/")]
    [InlineData("http://[fd00:ec2::254]/")]
    public async Task Platform_addresses_are_refused_to_private_endpoints_too(string url) =>
        Assert.Equal(DeliveryFailure.AddressRefused, (await PostAsync(new(url))).Failure);

    [Fact]
    public async Task Connection_of_a_private_endpoint_is_not_there_for_a_public_one()
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        Assert.Equal(200, (await PostAsync(receiver.Url)).Status);
        Assert.Equal(DeliveryFailure.AddressRefused, (await PostAsync(receiver.Url, allowPrivate: false)).Failure);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Address_that_is_judged_is_the_one_connected_to()
    {
        // A name that answers "public" first and "loopback" from then on: one look-up, and it is the judged one.
        var looks = 0;
        using var client = new WebhookClient(
            _clock,
            (_, _) => Task.FromResult<IPAddress[]>(Interlocked.Increment(ref looks) == 1 ? [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("169.254.169.254")] : [IPAddress.Loopback]),
            null);
        await using var receiver = await Receiver.AnsweringAsync(200);

        Assert.Equal(DeliveryFailure.AddressRefused, (await PostAsync(new($"http://rebinding.example:{receiver.Url.Port}/"), allowPrivate: false, client: client)).Failure);

        Assert.Equal(1, looks);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task Of_several_addresses_only_allowed_ones_are_tried_in_turn()
    {
        using var client = new WebhookClient(
            _clock, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("169.254.169.254"), IPAddress.IPv6Loopback, IPAddress.Loopback]), null);
        await using var receiver = await Receiver.AnsweringAsync(200);

        Assert.Equal(200, (await PostAsync(new($"http://several.example:{receiver.Url.Port}/"), client: client)).Status);

        Assert.Equal($"several.example:{receiver.Url.Port}", Assert.Single(receiver.Requests).Headers["host"]);
    }

    private Task<WebhookAnswer> PostAsync(Uri url, bool allowPrivate = true, WebhookClient? client = null) => (client ?? _client).SendAsync(
        new()
        {
            Url = url,
            AllowPrivate = allowPrivate,
            Timeout = TimeSpan.FromSeconds(15),
            Id = "dlv_1",
            Timestamp = "1",
            Signature = "v1,x",
            Octets = "{}"u8.ToArray(),
        },
        TestContext.Current.CancellationToken);
}
