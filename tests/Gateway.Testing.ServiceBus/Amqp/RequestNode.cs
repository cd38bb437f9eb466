using Microsoft.Azure.Amqp;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>The answer to a request.</summary>
/// <param name="Reply">Null: the connection ends instead.</param>
/// <param name="Delay">How long the answer takes by the broker's clock.</param>
internal readonly record struct RequestAnswer(AmqpMessage? Reply, TimeSpan Delay = default);

/// <summary>A link for requests. A reply goes to the link of the same connection whose target is the request's reply-to.</summary>
internal sealed class RequestNode
{
    /// <summary>Replies that a client may leave waiting for credit.</summary>
    private const int MaxWaitingReplies = 1000;

    private readonly BrokerConnection _connection;
    private readonly ReceivingAmqpLink _link;
    private readonly TimeProvider _clock;
    private readonly Func<AmqpMessage, RequestAnswer> _respond;
    private int _replies;

    private RequestNode(BrokerConnection connection, ReceivingAmqpLink link, TimeProvider clock, Func<AmqpMessage, RequestAnswer> respond) =>
        (_connection, _link, _clock, _respond) = (connection, link, clock, respond);

    public static void Serve(BrokerConnection connection, ReceivingAmqpLink link, TimeProvider clock, Func<AmqpMessage, RequestAnswer> respond) =>
        link.RegisterMessageListener(new RequestNode(connection, link, clock, respond).OnMessage);

    private void OnMessage(AmqpMessage request)
    {
        if (!request.Settled)
        {
            _link.DisposeDelivery(request, true, AmqpConstants.AcceptedOutcome);
        }

        var answer = _respond(request);
        if (answer.Reply is null)
        {
            _connection.Abort();
            return;
        }

        answer.Reply.Properties.CorrelationId = request.Properties.MessageId;
        var replyTo = request.Properties.ReplyTo?.ToString() ?? "";
        if (answer.Delay > TimeSpan.Zero)
        {
            _ = SendLaterAsync(answer.Reply, replyTo, answer.Delay);
        }
        else
        {
            Send(answer.Reply, replyTo);
        }
    }

    private async Task SendLaterAsync(AmqpMessage reply, string replyTo, TimeSpan delay)
    {
        await Task.Delay(delay, _clock);
        Send(reply, replyTo);
    }

    private void Send(AmqpMessage reply, string replyTo)
    {
        if (!_connection.TryFindReplyLink(replyTo, out var link))
        {
            return;
        }

        if (link.Available >= MaxWaitingReplies)
        {
            _connection.Abort();
            return;
        }

        link.SendMessageNoWait(reply, new(BitConverter.GetBytes(Interlocked.Increment(ref _replies))), AmqpConstants.NullBinary);
    }
}
