using System.Text;
using Gateway.Core.Ports;

namespace Gateway.Local.Tests;

public sealed class StateStoreTests : IDisposable
{
    private static readonly StateKey Key = new("endpoint", "app");
    private readonly LocalStorage _storage = new();

    private IStateStore State => _storage.State;

    public void Dispose() => _storage.Dispose();

    [Fact]
    public async Task A_value_is_read_back_with_its_etag_and_expiry()
    {
        var expires = _storage.Clock.GetUtcNow().AddDays(1);
        var eTag = await State.PutAsync(Key, "one"u8.ToArray(), expires, StateCondition.None, default);
        var entry = await State.GetAsync(Key, default);
        Assert.Equal(("one", eTag, (DateTimeOffset?)expires), (Encoding.UTF8.GetString(entry!.Value.Span), entry.ETag, entry.Expires));
    }

    [Fact]
    public async Task The_slower_of_two_writers_writes_nothing()
    {
        var first = await State.PutAsync(Key, "one"u8.ToArray(), null, StateCondition.Absent, default);
        Assert.Null(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Absent, default));
        var second = await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Matches(first!), default);
        Assert.NotEqual(first, second);
        Assert.Null(await State.PutAsync(Key, "three"u8.ToArray(), null, StateCondition.Matches(first!), default));
        Assert.False(await State.DeleteAsync(Key, StateCondition.Matches(first!), default));
        Assert.True(await State.DeleteAsync(Key, StateCondition.Matches(second!), default));
        Assert.Null(await State.GetAsync(Key, default));
    }

    [Fact]
    public async Task An_expired_value_is_as_good_as_absent()
    {
        await State.PutAsync(Key, "one"u8.ToArray(), _storage.Clock.GetUtcNow().AddMinutes(1), StateCondition.None, default);
        _storage.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await State.GetAsync(Key, default));
        Assert.Empty((await State.ListAsync("endpoint", "", null, 10, default)).Entries);
        Assert.NotNull(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Absent, default));
    }

    [Fact]
    public async Task Pages_together_are_the_collection_in_order_and_nothing_else()
    {
        foreach (var id in (string[])["b2", "a1", "b1", "b3", "c1", "b_", "B9"])
        {
            await State.PutAsync(new("list", id), Encoding.UTF8.GetBytes(id), null, StateCondition.None, default);
        }

        await State.PutAsync(new("other", "b0"), "x"u8.ToArray(), null, StateCondition.None, default);
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await State.ListAsync("list", "b", continuation, 2, default);
            ids.AddRange(page.Entries.Select(entry => entry.Key.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.Equal(["b1", "b2", "b3", "b_"], ids);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("ä")]
    [InlineData("a\nb")]
    public async Task A_key_that_Tables_would_refuse_is_refused_here_too(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await State.GetAsync(new("endpoint", id), default));

    [Fact]
    public async Task A_value_of_the_largest_size_fits_and_one_octet_more_does_not()
    {
        await State.PutAsync(Key, new byte[IStateStore.MaxValueOctets], null, StateCondition.None, default);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await State.PutAsync(Key, new byte[IStateStore.MaxValueOctets + 1], null, StateCondition.None, default));
    }
}
