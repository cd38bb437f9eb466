using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

/// <summary>A client of bare AMQP, for what the Service Bus client would never say.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = Bus.Patience;

    private readonly AmqpConnection _connection;
    private readonly AmqpSession _session;

    private RawClient(AmqpConnection connection, AmqpSession session) => (_connection, _session) = (connection, session);

    public static async Task<RawClient> OpenAsync(ServiceBusBroker broker)
    {
        var connection = await new AmqpConnectionFactory().OpenConnectionAsync(new Uri($"amqp://127.0.0.1:{broker.Port}"), Timeout);
        var session = connection.CreateSession(new AmqpSessionSettings());
        await session.OpenAsync(Timeout);
        return new(connection, session);
    }

    /// <summary>Puts a good token for a queue, as the Service Bus client makes it.</summary>
    public async Task PutTokenAsync(string connectionString, string queue)
    {
        var key = ServiceBusConnectionStringProperties.Parse(connectionString).SharedAccessKey;
        Assert.Equal(202, await StatusOfTokenAsync(AccessTests.Token("sb://127.0.0.1/", DateTimeOffset.UtcNow.AddHours(1), key), $"sb://127.0.0.1/{queue}"));
    }

    /// <returns>The status of the answer.</returns>
    public async Task<int> StatusOfTokenAsync(object token, string name)
    {
        var link = new RequestResponseAmqpLink("cbs", _session, "$cbs", null);
        await link.OpenAsync(Timeout);
        var request = AmqpMessage.Create(new AmqpValue { Value = token });
        request.ApplicationProperties.Map["operation"] = "put-token";
        request.ApplicationProperties.Map["type"] = "servicebus.windows.net:sastoken";
        request.ApplicationProperties.Map["name"] = name;
        var reply = await Task.Factory.FromAsync(
            (callback, state) => link.BeginRequest(request, AmqpConstants.NullBinary, Timeout, callback, state),
            link.EndRequest,
            null);
        await link.CloseAsync(Timeout);
        return (int)reply.ApplicationProperties.Map["status-code"];
    }

    public async Task<SendingAmqpLink> OpenSenderAsync(string address)
    {
        var link = new SendingAmqpLink(_session, new()
        {
            LinkName = Guid.NewGuid().ToString(),
            Role = false,
            Source = new Source { Address = "here" },
            Target = new Target { Address = address },
            SettleType = SettleMode.SettleOnDispose,
        });
        await link.OpenAsync(Timeout);
        return link;
    }

    public async Task<ReceivingAmqpLink> OpenReceiverAsync(string address, uint credit)
    {
        var link = new ReceivingAmqpLink(_session, new()
        {
            LinkName = Guid.NewGuid().ToString(),
            Role = true,
            Source = new Source { Address = address },
            Target = new Target { Address = "here" },
            TotalLinkCredit = credit,
            AutoSendFlow = true,
            SettleType = SettleMode.SettleOnDispose,
        });
        await link.OpenAsync(Timeout);
        return link;
    }

    public async Task<RequestResponseAmqpLink> OpenRequestsAsync(string address)
    {
        var link = new RequestResponseAmqpLink("entity-mgmt", _session, address, null);
        await link.OpenAsync(Timeout);
        return link;
    }

    public static Task<AmqpMessage> RequestAsync(RequestResponseAmqpLink link, string operation, object? body)
    {
        var request = AmqpMessage.Create(new AmqpValue { Value = body });
        request.ApplicationProperties.Map["operation"] = operation;
        return Task.Factory.FromAsync(
            (callback, state) => link.BeginRequest(request, AmqpConstants.NullBinary, Timeout, callback, state),
            link.EndRequest,
            null);
    }

    public static Task<Outcome> SendAsync(SendingAmqpLink link, AmqpMessage message) =>
        link.SendMessageAsync(message, new(Guid.NewGuid().ToByteArray()), AmqpConstants.NullBinary, Timeout);

    public ValueTask DisposeAsync()
    {
        _connection.Abort();
        return ValueTask.CompletedTask;
    }
}
