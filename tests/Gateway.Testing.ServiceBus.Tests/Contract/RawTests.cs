using System.Net;
using System.Net.Sockets;
using Gateway.Testing.ServiceBus.Tests.Wire;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

/// <summary>What no Service Bus client says, said to the broker.</summary>
public sealed class RawTests
{
    private const uint BatchFormat = 0x80013700;

    [Theory]
    [InlineData("received")]
    [InlineData("/received/$deadletterqueue")]
    [InlineData("no-such-queue")]
    public async Task Nothing_opens_before_a_token_is_put(string address)
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var client = await RawClient.OpenAsync(bus.Broker);

        Assert.Equal(AmqpErrorCode.UnauthorizedAccess, await RefusalAsync(() => client.OpenReceiverAsync(address, 1)));
        Assert.Equal(AmqpErrorCode.UnauthorizedAccess, await RefusalAsync(() => client.OpenSenderAsync(address)));
    }

    [Fact]
    public async Task What_is_no_good_token_is_told_so()
    {
        await using var bus = await Bus.OpenBrokerAsync(new() { Key = "key" });
        await using var client = await RawClient.OpenAsync(bus.Broker);
        const string Name = "sb://127.0.0.1/received";
        var later = DateTimeOffset.UtcNow.AddHours(1);
        var good = AccessTests.Token(Name, later, "key");

        Assert.Equal(202, await client.StatusOfTokenAsync(good, Name));
        Assert.Equal(401, await client.StatusOfTokenAsync(AccessTests.Token(Name, DateTimeOffset.UtcNow.AddMinutes(-1), "key"), Name));
        Assert.Equal(401, await client.StatusOfTokenAsync(good, "sb://127.0.0.1/inspected"));
        Assert.Equal(401, await client.StatusOfTokenAsync(good, "no address"));
        Assert.Equal(401, await client.StatusOfTokenAsync(good.Replace("RootManage", "Other", StringComparison.Ordinal), Name));
        Assert.Equal(401, await client.StatusOfTokenAsync("SharedAccessSignature sr=a&sr=b&sig=%%&se=99999999999999999999&skn", Name));
        Assert.Equal(401, await client.StatusOfTokenAsync("", Name));
        Assert.Equal(400, await client.StatusOfTokenAsync(1, Name));
    }

    [Fact]
    public async Task A_token_for_one_queue_does_not_open_one_whose_name_only_begins_like_it()
    {
        await using var bus = await Bus.OpenBrokerAsync(new() { Queues = [new() { Name = "received" }, new() { Name = "received-too" }] });
        await using var client = await RawClient.OpenAsync(bus.Broker);
        await client.PutTokenAsync(bus.ConnectionString, "received");

        await client.OpenSenderAsync("/RECEIVED");

        Assert.Equal(AmqpErrorCode.UnauthorizedAccess, await RefusalAsync(() => client.OpenSenderAsync("received-too")));
    }

    [Fact]
    public async Task A_dead_letter_subqueue_refuses_a_sender_by_name()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var client = await RawClient.OpenAsync(bus.Broker);
        await client.PutTokenAsync(bus.ConnectionString, "received");

        Assert.Equal(AmqpErrorCode.NotAllowed, await RefusalAsync(() => client.OpenSenderAsync("received/$DeadLetterQueue")));
    }

    [Fact]
    public async Task Of_a_batch_with_one_malformed_message_none_is_taken()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var client = await RawClient.OpenAsync(bus.Broker);
        await client.PutTokenAsync(bus.ConnectionString, "received");
        var link = await client.OpenSenderAsync("received");
        var good = MessageSectionsTests.OctetsOf(AmqpMessage.Create(new AmqpValue { Value = "good" }));

        Assert.Equal(AmqpErrorCode.DecodeError, RefusalOf(await RawClient.SendAsync(link, Batch(good, [0x00, 0x53, 0x75]))));
        await using var receiver = bus.Receiver();
        await Bus.AssertEmptyAsync(receiver);

        Assert.IsType<Accepted>(await RawClient.SendAsync(link, Batch(good, good)));
        Assert.Equal(2, (await receiver.PeekMessagesAsync(10, 0, Bus.Cancel)).Count);
    }

    [Fact]
    public async Task A_message_id_over_the_services_limit_is_refused()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var client = await RawClient.OpenAsync(bus.Broker);
        await client.PutTokenAsync(bus.ConnectionString, "received");
        var link = await client.OpenSenderAsync("received");
        var message = AmqpMessage.Create(new AmqpValue { Value = "body" });
        message.Properties.MessageId = new string('a', 129);

        Assert.Equal(AmqpErrorCode.DecodeError, RefusalOf(await RawClient.SendAsync(link, message)));
    }

    [Fact]
    public async Task A_transaction_is_refused()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var client = await RawClient.OpenAsync(bus.Broker);
        await client.PutTokenAsync(bus.ConnectionString, "received");
        var link = await client.OpenSenderAsync("received");

        var outcome = await link.SendMessageAsync(
            AmqpMessage.Create(new AmqpValue { Value = "body" }), new([1]), new([2]), Bus.Patience);

        Assert.Equal(AmqpErrorCode.NotImplemented, RefusalOf(outcome));
        await using var receiver = bus.Receiver();
        await Bus.AssertEmptyAsync(receiver);
    }

    [Theory]
    [InlineData("com.microsoft:renew-lock")]
    [InlineData("com.microsoft:peek-message")]
    [InlineData("com.microsoft:schedule-message")]
    [InlineData("com.microsoft:cancel-scheduled-message")]
    [InlineData("com.microsoft:receive-by-sequence-number")]
    [InlineData("com.microsoft:update-disposition")]
    [InlineData("com.microsoft:get-session-state")]
    public async Task A_request_without_what_it_needs_is_answered(string operation)
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var client = await RawClient.OpenAsync(bus.Broker);
        await client.PutTokenAsync(bus.ConnectionString, "received");
        var link = await client.OpenRequestsAsync("received/$management");
        var wrong = new AmqpMap { [new("lock-tokens")] = "no tokens", [new("sequence-numbers")] = 1, [new("messages")] = "none", [new("message-count")] = -1 };

        foreach (var body in new object?[] { null, new AmqpMap(), wrong, "text" })
        {
            var reply = await RawClient.RequestAsync(link, operation, body);

            Assert.Contains((int)reply.ApplicationProperties.Map["statusCode"], new[] { 400, 501 });
            Assert.NotNull(reply.ApplicationProperties.Map["errorCondition"]);
        }
    }

    [Fact]
    public async Task Noise_on_the_port_hurts_nobody()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        var random = new Random(1);
        for (var round = 0; round < 50; round++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, bus.Broker.Port, Bus.Cancel);
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            byte[] start = round % 3 == 0 ? [] : [.. "AMQP"u8, (byte)(round % 3 == 1 ? 0 : 3), 1, 0, 0];
            await socket.GetStream().WriteAsync((byte[])[.. start, .. noise], Bus.Cancel);
        }

        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        Assert.Single(await Bus.CompleteAsync(receiver, 1));
    }

    private static AmqpMessage Batch(params byte[][] messages)
    {
        var batch = AmqpMessage.Create(messages.Select(message => new Data { Value = new ArraySegment<byte>(message) }));
        batch.MessageFormat = BatchFormat;
        return batch;
    }

    private static AmqpSymbol RefusalOf(Outcome outcome) => Assert.IsType<Rejected>(outcome).Error.Condition;

    /// <summary>A refused attach is answered and then detached: the client may see the one or the other first.</summary>
    private static async Task<AmqpSymbol> RefusalAsync<T>(Func<Task<T>> open)
        where T : AmqpLink
    {
        try
        {
            var link = await open();
            var closed = new TaskCompletionSource();
            link.Closed += (_, _) => closed.TrySetResult();
            if (link.State == AmqpObjectState.Opened)
            {
                await closed.Task.WaitAsync(Bus.Patience, Bus.Cancel);
            }

            return Assert.IsType<AmqpException>(link.TerminalException).Error.Condition;
        }
        catch (AmqpException error)
        {
            return error.Error.Condition;
        }
    }
}
