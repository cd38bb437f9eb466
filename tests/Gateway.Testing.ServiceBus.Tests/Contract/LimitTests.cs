using System.Transactions;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class LimitTests
{
    [Fact]
    public async Task What_the_broker_does_not_do_it_says()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await using var receiver = bus.Receiver();

        await Assert.ThrowsAsync<NotSupportedException>(() => bus.Client.AcceptSessionAsync(Bus.Queue, "session", null, Bus.Cancel));
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            // Not always the refusal itself: the client may notice only that its link to the coordinator is closed.
            await Assert.ThrowsAnyAsync<Exception>(() => bus.SendAsync(Bus.NewMessage()));
        }

        await Bus.AssertEmptyAsync(receiver);
    }
}
