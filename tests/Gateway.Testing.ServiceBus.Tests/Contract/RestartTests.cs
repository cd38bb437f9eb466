using System.Net;
using System.Net.Sockets;
using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class RestartTests
{
    [Fact]
    public async Task A_restart_keeps_port_key_and_messages_and_clients_find_back()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        var (port, connectionString) = (bus.Broker.Port, bus.ConnectionString);
        await using var sender = bus.Client.CreateSender(Bus.Queue);
        await using var receiver = bus.Receiver();
        await sender.SendMessageAsync(Bus.NewMessage("before"), Bus.Cancel);
        var held = await Bus.NextAsync(receiver);

        await bus.Broker.RestartAsync();

        await sender.SendMessageAsync(Bus.NewMessage("after"), Bus.Cancel);
        await bus.CompleteElsewhereAsync(held);
        Assert.Equal("after", Assert.Single(await Bus.CompleteAsync(receiver, 1)).Body.ToString());
        Assert.Equal((port, connectionString), (bus.Broker.Port, bus.Broker.ConnectionString));
    }

    [Fact]
    public async Task A_stopped_broker_answers_nobody_until_it_starts_again()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await bus.SendAsync(Bus.NewMessage("before"));
        await bus.Broker.StopAsync();
        using (var socket = new TcpClient())
        {
            await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Loopback, bus.Broker.Port, Bus.Cancel).AsTask());
        }

        await using (var client = bus.NewClient(tries: 0))
        {
            await using var sender = client.CreateSender(Bus.Queue);
            var error = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel));
            Assert.Equal(ServiceBusFailureReason.ServiceCommunicationProblem, error.Reason);
        }

        await bus.Broker.StopAsync();
        await bus.Broker.RestartAsync();

        await using var receiver = bus.Receiver();
        Assert.Equal("before", Assert.Single(await Bus.CompleteAsync(receiver, 1)).Body.ToString());
    }

    [Fact]
    public async Task A_waiting_receiver_gets_what_comes_after_the_restart()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var receiver = bus.Receiver();
        await bus.SendAsync(Bus.NewMessage());
        await Bus.CompleteAsync(receiver, 1);
        await using var processor = bus.Client.CreateProcessor(Bus.Queue);
        var handled = new TaskCompletionSource<string>();
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        processor.ProcessMessageAsync += args => Task.FromResult(handled.TrySetResult(args.Message.Body.ToString()));
        await processor.StartProcessingAsync(Bus.Cancel);

        await bus.Broker.RestartAsync();
        await bus.SendAsync(Bus.NewMessage("after"));

        Assert.Equal("after", await handled.Task.WaitAsync(Bus.Patience, Bus.Cancel));
        await processor.StopProcessingAsync(Bus.Cancel);
    }

    [Fact]
    public async Task Two_brokers_do_not_share_a_port()
    {
        await using var bus = await Bus.OpenBrokerAsync();

        await Assert.ThrowsAsync<SocketException>(() => ServiceBusBroker.StartAsync(new() { Port = bus.Broker.Port }));
    }

    [Fact]
    public async Task Wrong_options_stop_the_start_and_every_fault_is_named()
    {
        var options = new BrokerOptions
        {
            Port = -1,
            Key = "a;b",
            Queues = [new() { Name = "a b", LockDuration = TimeSpan.Zero, MaxDeliveryCount = 0, MaxMessageOctets = 1 }, new() { Name = "A B", DefaultTimeToLive = TimeSpan.Zero, DuplicateDetectionWindow = TimeSpan.Zero }],
        };

        var error = await Assert.ThrowsAsync<ArgumentException>(() => ServiceBusBroker.StartAsync(options));

        foreach (var name in new[] { "Port", "Key", "\"a b\"", "each name once", "LockDuration", "MaxDeliveryCount", "MaxMessageOctets", "DefaultTimeToLive", "DuplicateDetectionWindow" })
        {
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }
}
