using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class AccessTests
{
    private const string KeyName = "RootManageSharedAccessKey";
    private const string Key = "the-key-of-these-tests";

    [Fact]
    public async Task A_wrong_key_opens_nothing()
    {
        await using var bus = await Bus.OpenAsync();
        var properties = ServiceBusConnectionStringProperties.Parse(bus.ConnectionString);
        Assert.SkipWhen(properties.SharedAccessKey == "SAS_KEY_VALUE", "The official emulator does not look at the key");
        var wrong = bus.ConnectionString.Replace(properties.SharedAccessKey, Convert.ToBase64String(new byte[32]), StringComparison.Ordinal);

        await AssertRefusedAsync(wrong, Bus.Queue);
    }

    [Fact]
    public async Task A_token_opens_what_it_is_for_and_nothing_else()
    {
        await using var bus = await Bus.OpenBrokerAsync(new() { Key = Key });
        var withToken = With(bus, Token($"sb://127.0.0.1/{Bus.Queue}", DateTimeOffset.UtcNow.AddHours(1), Key));
        await using var client = new ServiceBusClient(withToken, Bus.Options());
        await using var sender = client.CreateSender(Bus.Queue);
        await using var deadLetters = client.CreateReceiver(Bus.Queue, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });

        await sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel);
        Assert.Null(await deadLetters.PeekMessageAsync(0, Bus.Cancel));

        await AssertRefusedAsync(withToken, Bus.OtherQueue);
    }

    [Fact]
    public async Task A_token_that_has_expired_opens_nothing()
    {
        await using var bus = await Bus.OpenBrokerAsync(new() { Key = Key });

        await AssertRefusedAsync(With(bus, Token("sb://127.0.0.1/", DateTimeOffset.UtcNow.AddMinutes(-1), Key)), Bus.Queue);
    }

    [Theory]
    [InlineData("sb://127.0.0.1/", "another-key")]
    [InlineData("sb://other.servicebus.windows.net/", Key)]
    [InlineData("sb://127.0.0.1/receive", Key)]
    public async Task A_foreign_token_opens_nothing(string resource, string key)
    {
        await using var bus = await Bus.OpenBrokerAsync(new() { Key = Key });

        await AssertRefusedAsync(With(bus, Token(resource, DateTimeOffset.UtcNow.AddHours(1), key)), Bus.Queue);
    }

    [Fact]
    public async Task A_key_is_made_up_for_each_broker()
    {
        await using var one = await Bus.OpenBrokerAsync();
        await using var other = await Bus.OpenBrokerAsync();

        Assert.NotEqual(KeyOf(one), KeyOf(other));
        Assert.NotEqual(one.Broker.Port, other.Broker.Port);
    }

    private static string KeyOf(Bus bus) => ServiceBusConnectionStringProperties.Parse(bus.ConnectionString).SharedAccessKey;

    private static string With(Bus bus, string token) =>
        $"Endpoint=sb://127.0.0.1:{bus.Broker.Port};SharedAccessSignature={token};UseDevelopmentEmulator=true;";

    private static async Task AssertRefusedAsync(string connectionString, string queue)
    {
        await using var client = new ServiceBusClient(connectionString, Bus.Options(tries: 0));
        await using var sender = client.CreateSender(queue);
        await using var receiver = client.CreateReceiver(queue);

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => receiver.ReceiveMessageAsync(Bus.Patience, Bus.Cancel));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => receiver.PeekMessageAsync(0, Bus.Cancel));
    }

    internal static string Token(string resource, DateTimeOffset expiry, string key)
    {
        var encoded = WebUtility.UrlEncode(resource);
        var seconds = expiry.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{encoded}\n{seconds}"));
        return $"SharedAccessSignature sr={encoded}&sig={WebUtility.UrlEncode(Convert.ToBase64String(signature))}&se={seconds}&skn={KeyName}";
    }
}
