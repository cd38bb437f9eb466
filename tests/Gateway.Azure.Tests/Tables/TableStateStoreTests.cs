using Azure;
using Azure.Data.Tables;
using Gateway.Azure.Tables;
using Gateway.Core.Ports;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Tables;

/// <summary>How values stand in the table, and what happens when answers are lost; the port's promises are tested in Gateway.Ports.Tests.</summary>
public sealed class TableStateStoreTests(AccountFixture account) : IClassFixture<AccountFixture>
{
    private static readonly StateKey Key = new("endpoint", "app");
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    private TableClient Table => account.Clients.Table("state");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("app", "endpoint|1")]
    [InlineData("0193f1c2-1111-7222-8333-444455556666", "endpoint|5")]
    [InlineData("a", "endpoint|a")]
    public void Where_an_id_is_kept_never_changes(string id, string partition) =>
        Assert.Equal(partition, StateEntity.Partition(new StateKey("endpoint", id)));

    [Fact]
    public void Ids_are_spread_over_all_buckets()
    {
        var sizes = Enumerable.Range(0, 1600).GroupBy(number => StateEntity.Partition(new StateKey("c", $"id-{number}"))).Select(bucket => bucket.Count()).ToArray();
        Assert.Equal(StateEntity.Buckets, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(size, 50, 200));
    }

    [Fact]
    public async Task A_value_is_one_entity_whose_properties_hold_64_KiB_at_most()
    {
        await Store().PutAsync(Key with { Id = "big" }, new byte[IStateStore.MaxValueOctets], null, StateCondition.None, Cancel);
        var entity = await Table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"RowKey eq {"big"}"), cancellationToken: Cancel).SingleAsync(Cancel);
        Assert.Equal(Enumerable.Repeat(64 * 1024, 8), entity.Select(property => property.Value).OfType<byte[]>().Select(octets => octets.Length));
        await Store().PutAsync(Key with { Id = "big" }, new byte[1], null, StateCondition.None, Cancel);
        entity = await Table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"RowKey eq {"big"}"), cancellationToken: Cancel).SingleAsync(Cancel);
        Assert.Equal([1], entity.Select(property => property.Value).OfType<byte[]>().Select(octets => octets.Length));
    }

    [Fact]
    public async Task A_missing_table_is_a_failure_and_no_missing_value()
    {
        Assert.NotNull(account.Clients);
        var store = new TableStateStore(new StorageClients(AccountFixture.OptionsOf(new("", account.Options.ConnectionString!, null)), null), _clock);
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.GetAsync(Key, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.ListAsync("endpoint", "", null, 10, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.PutAsync(Key, default, null, StateCondition.None, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.PutAsync(Key, default, null, StateCondition.Absent, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.PutAsync(Key, default, null, StateCondition.Matches("W/\"a\""), Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.DeleteAsync(Key, StateCondition.None, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.DeleteAsync(Key, StateCondition.Absent, Cancel));
    }

    [Fact]
    public async Task A_writer_whose_answer_was_lost_is_not_taken_for_another_one()
    {
        var key = Key with { Id = "lost" };
        var first = await Losing(HttpMethod.Post).PutAsync(key, new byte[1], null, StateCondition.Absent, Cancel);
        Assert.Equal((await Store().GetAsync(key, Cancel))!.ETag, first);
        var second = await Losing(HttpMethod.Put).PutAsync(key, new byte[2], _clock.GetUtcNow().AddDays(1), StateCondition.Matches(first!), Cancel);
        var entry = await Store().GetAsync(key, Cancel);
        Assert.Equal((second, 2), (entry!.ETag, entry.Value.Length));
        Assert.NotNull(second);
        Assert.Null(await Losing(HttpMethod.Put).PutAsync(key, new byte[3], null, StateCondition.Matches(first!), Cancel)); // really another's
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.NotNull(await Losing(HttpMethod.Put).PutAsync(key, new byte[4], null, StateCondition.Absent, Cancel)); // over what has expired
        Assert.Equal(4, (await Store().GetAsync(key, Cancel))!.Value.Length);
    }

    [Fact]
    public async Task A_value_that_goes_between_the_refusal_and_the_look_makes_room()
    {
        var key = Key with { Id = "goes" };
        await Store().PutAsync(key, new byte[1], null, StateCondition.None, Cancel);
        var looked = false;
        var store = Store(async (request, send) =>
        {
            if (request.Method == HttpMethod.Get && !looked)
            {
                looked = true;
                await Store().DeleteAsync(key, StateCondition.None, Cancel);
            }

            return await send();
        });
        Assert.NotNull(await store.PutAsync(key, new byte[2], null, StateCondition.Absent, Cancel));
        Assert.True(looked);
    }

    [Fact]
    public async Task A_value_that_is_renewed_between_the_look_and_the_change_stays()
    {
        var key = Key with { Id = "renewed" };
        await Store().PutAsync(key, new byte[1], _clock.GetUtcNow().AddMinutes(1), StateCondition.None, Cancel);
        _clock.Advance(TimeSpan.FromMinutes(1));
        var store = Store(async (request, send) =>
        {
            if (request.Method == HttpMethod.Put)
            {
                await Store().PutAsync(key, new byte[2], null, StateCondition.None, Cancel);
            }

            return await send();
        });
        Assert.Null(await store.PutAsync(key, new byte[3], null, StateCondition.Absent, Cancel));
        Assert.Equal(2, (await Store().GetAsync(key, Cancel))!.Value.Length);
    }

    private TableStateStore Store() => new(account.Clients, _clock);

    private TableStateStore Store(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> pass)
    {
        Assert.NotNull(account.Clients);
        return new(new StorageClients(account.Options, null, new Network(pass).Transport()), _clock);
    }

    /// <summary>The first change of this kind happens, and its answer is lost.</summary>
    private TableStateStore Losing(HttpMethod method)
    {
        var lost = false;
        return Store(async (request, send) =>
        {
            var answer = await send();
            if (request.Method == method && !lost)
            {
                lost = true;
                throw new HttpRequestException("The answer is lost");
            }

            return answer;
        });
    }
}
