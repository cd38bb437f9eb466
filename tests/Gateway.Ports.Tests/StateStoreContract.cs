using System.Security.Cryptography;
using System.Text;
using Gateway.Azure.Tables;
using Gateway.Core.Ports;
using Gateway.Local.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Ports.Tests;

/// <summary>What IStateStore promises.</summary>
public abstract class StateStoreContract
{
    private readonly string _collection = "c" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));

    protected FakeTimeProvider Clock { get; } = new(new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    private IStateStore State => field ??= Open();

    private StateKey Key => new(_collection, "app");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract IStateStore Open();

    [Fact]
    public async Task A_value_is_read_back_with_its_etag_and_expiry()
    {
        var expires = Clock.GetUtcNow().AddDays(1);
        var eTag = await State.PutAsync(Key, "one"u8.ToArray(), expires, StateCondition.None, Cancel);
        var entry = await State.GetAsync(Key, Cancel);
        Assert.Equal(("one", eTag, (DateTimeOffset?)expires), (Encoding.UTF8.GetString(entry!.Value.Span), entry.ETag, entry.Expires));
        Assert.Equal(Key, entry.Key);
        Assert.Equal(eTag, Assert.Single((await State.ListAsync(_collection, "", null, 10, Cancel)).Entries).ETag);
    }

    [Fact]
    public async Task Without_a_condition_the_last_one_wins_and_its_expiry_too()
    {
        await PutAsync("app", "one", Clock.GetUtcNow().AddDays(1));
        await PutAsync("app", "two");
        var entry = await State.GetAsync(Key, Cancel);
        Assert.Equal(("two", null), (Encoding.UTF8.GetString(entry!.Value.Span), entry.Expires));
    }

    [Fact]
    public async Task The_slower_of_two_writers_writes_nothing()
    {
        var first = await State.PutAsync(Key, "one"u8.ToArray(), null, StateCondition.Absent, Cancel);
        Assert.Null(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Absent, Cancel));
        var second = await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Matches(first!), Cancel);
        Assert.NotEqual(first, second);
        Assert.Null(await State.PutAsync(Key, "three"u8.ToArray(), null, StateCondition.Matches(first!), Cancel));
        Assert.False(await State.DeleteAsync(Key, StateCondition.Matches(first!), Cancel));
        Assert.Equal("two", await TextAsync());
        Assert.True(await State.DeleteAsync(Key, StateCondition.Matches(second!), Cancel));
        Assert.Null(await State.GetAsync(Key, Cancel));
    }

    [Fact]
    public async Task What_is_gone_matches_nothing_and_is_deleted_already()
    {
        Assert.True(await State.DeleteAsync(Key, StateCondition.None, Cancel));
        Assert.True(await State.DeleteAsync(Key, StateCondition.Absent, Cancel));
        var eTag = await State.PutAsync(Key, "one"u8.ToArray(), null, StateCondition.None, Cancel);
        Assert.False(await State.DeleteAsync(Key, StateCondition.Absent, Cancel));
        Assert.True(await State.DeleteAsync(Key, StateCondition.None, Cancel));
        Assert.Null(await State.GetAsync(Key, Cancel));
        Assert.Null(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Matches(eTag!), Cancel));
        Assert.False(await State.DeleteAsync(Key, StateCondition.Matches(eTag!), Cancel));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("\"*\"")]
    [InlineData("")]
    [InlineData("W/\"never\", *")]
    [InlineData("a\r\nX: b")]
    [InlineData("W/\"a\"|")]
    public async Task An_etag_that_was_never_given_matches_nothing(string eTag)
    {
        await PutAsync("app", "one");
        Assert.Null(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Matches(eTag), Cancel));
        Assert.False(await State.DeleteAsync(Key, StateCondition.Matches(eTag), Cancel));
        Assert.Equal("one", await TextAsync());
    }

    [Fact]
    public async Task An_expired_value_is_as_good_as_absent()
    {
        var eTag = await State.PutAsync(Key, "one"u8.ToArray(), Clock.GetUtcNow().AddMinutes(1), StateCondition.None, Cancel);
        Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await State.GetAsync(Key, Cancel));
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await State.GetAsync(Key, Cancel));
        Assert.Empty((await State.ListAsync(_collection, "", null, 10, Cancel)).Entries);
        Assert.Null(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Matches(eTag!), Cancel));
        Assert.False(await State.DeleteAsync(Key, StateCondition.Matches(eTag!), Cancel));
        Assert.True(await State.DeleteAsync(Key, StateCondition.Absent, Cancel));
        Assert.NotNull(await State.PutAsync(Key, "two"u8.ToArray(), null, StateCondition.Absent, Cancel));
        Assert.Equal("two", await TextAsync());
    }

    [Fact]
    public async Task Pages_together_are_the_collection_in_order_and_nothing_else()
    {
        foreach (var id in (string[])["b2", "a1", "b1", "b3", "c1", "b_", "B9", "b", "b1 "])
        {
            await PutAsync(id, id);
        }

        await State.PutAsync(new(_collection + "|0", "b0"), "x"u8.ToArray(), null, StateCondition.None, Cancel);
        await State.PutAsync(new(_collection[..^1], "b0"), "x"u8.ToArray(), null, StateCondition.None, Cancel);
        Assert.Equal(["b", "b1", "b1 ", "b2", "b3", "b_"], await IdsAsync("b", 2));
        Assert.Equal(["B9", "a1", "b", "b1", "b1 ", "b2", "b3", "b_", "c1"], await IdsAsync("", 1));
        Assert.Equal(["b3"], await IdsAsync("b3", 1000));
        Assert.Empty(await IdsAsync("b4", 1));
        Assert.Equal(["b", "b1"], (await State.ListAsync(_collection, "b", "A", 2, Cancel)).Entries.Select(entry => entry.Key.Id));
        Assert.Empty((await State.ListAsync(_collection, "b", "c1", 2, Cancel)).Entries);
    }

    [Fact]
    public async Task A_hundred_ids_come_in_order_whatever_the_page()
    {
        var ids = Enumerable.Range(0, 100).Select(number => $"id-{number * 7919 % 1000:d3}").ToArray();
        foreach (var id in ids)
        {
            await PutAsync(id, id);
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), await IdsAsync("", 7));
        Assert.Equal(ids.Order(StringComparer.Ordinal), await IdsAsync("id-", 100));
    }

    [Fact]
    public async Task A_prefix_is_text_and_no_pattern_and_no_filter()
    {
        string[] all = ["%", "_a", "a' or RowKey gt '", "a''", "~", "~~a", "~b", "a&b=c+d", "a\"b|c", " a ", "(x)", "[a]", "{b}", "a:b;c,d@e$f!g*h^i`j<k>l"];
        string[] ids = [.. all.Where(id => !id.Contains('%', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        foreach (var id in ids)
        {
            await PutAsync(id, id);
        }

        foreach (var prefix in (string[])["%", "_", "a'", "a' or RowKey gt '", "'", "~", "~~", "~~~", " ", "\x7f", "ä", "a/b", "(", "", "a\n"])
        {
            Assert.Equal(ids.Where(id => id.StartsWith(prefix, StringComparison.Ordinal)), await IdsAsync(prefix, 2));
        }

        foreach (var id in ids)
        {
            Assert.Equal(id, Encoding.UTF8.GetString((await State.GetAsync(new(_collection, id), Cancel))!.Value.Span));
            Assert.True(await State.DeleteAsync(new(_collection, id), StateCondition.None, Cancel));
        }

        Assert.Empty(await IdsAsync("", 10));
    }

    [Fact]
    public async Task What_goes_between_two_pages_is_skipped()
    {
        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            await PutAsync(id, id, id == "c" ? Clock.GetUtcNow().AddMinutes(1) : null);
        }

        var first = await State.ListAsync(_collection, "", null, 2, Cancel);
        await State.DeleteAsync(new(_collection, "b"), StateCondition.None, Cancel);
        Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await State.ListAsync(_collection, "", first.Continuation, 2, Cancel);
        Assert.Equal(["a", "b", "d"], first.Entries.Concat(second.Entries).Select(entry => entry.Key.Id));
        Assert.Null(second.Continuation);
    }

    [Fact]
    public async Task Pages_of_big_values_end_early_and_nothing_is_missing()
    {
        var value = RandomNumberGenerator.GetBytes(IStateStore.MaxValueOctets);
        var ids = Enumerable.Range(0, 40).Select(number => $"{number:d2}").ToArray();
        foreach (var id in ids)
        {
            await State.PutAsync(new(_collection, id), value, null, StateCondition.None, Cancel);
        }

        var first = await State.ListAsync(_collection, "", null, 1000, Cancel);
        Assert.Equal(IStateStore.MaxPageOctets / IStateStore.MaxValueOctets, first.Entries.Count);
        var second = await State.ListAsync(_collection, "", first.Continuation, 1000, Cancel);
        Assert.Null(second.Continuation);
        Assert.Equal(ids, first.Entries.Concat(second.Entries).Select(entry => entry.Key.Id));
        Assert.All(first.Entries.Concat(second.Entries), entry => Assert.True(entry.Value.Span.SequenceEqual(value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a%b")]
    [InlineData("ä")]
    [InlineData("a\nb")]
    [InlineData("a\x7f")]
    [InlineData(null)]
    public async Task A_key_that_one_store_would_refuse_all_refuse(string? text)
    {
        var bad = text ?? new string('a', StateKey.MaxLength + 1);
        foreach (var key in (StateKey[])[new(_collection, bad), new(bad, "app")])
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await State.GetAsync(key, Cancel));
            await Assert.ThrowsAsync<ArgumentException>(async () => await State.PutAsync(key, default, null, StateCondition.None, Cancel));
            await Assert.ThrowsAsync<ArgumentException>(async () => await State.DeleteAsync(key, StateCondition.None, Cancel));
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await State.ListAsync(bad, "", null, 1, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await State.ListAsync(_collection, "", bad, 1, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task A_page_has_1_to_1000_entries(int max) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await State.ListAsync(_collection, "", null, max, Cancel));

    [Fact]
    public async Task The_longest_key_works()
    {
        var key = new StateKey(_collection.PadRight(StateKey.MaxLength, 'x'), new string('y', StateKey.MaxLength));
        await State.PutAsync(key, "one"u8.ToArray(), null, StateCondition.None, Cancel);
        Assert.Equal(key, Assert.Single((await State.ListAsync(key.Collection, key.Id, null, 10, Cancel)).Entries).Key);
    }

    [Fact]
    public async Task A_value_is_whole_whatever_its_size_and_what_it_replaces()
    {
        foreach (var octets in (int[])[0, 1, 65_535, 65_536, 65_537, IStateStore.MaxValueOctets - 1, IStateStore.MaxValueOctets, 131_072, 5, 0])
        {
            var value = RandomNumberGenerator.GetBytes(octets);
            await State.PutAsync(Key, value, null, StateCondition.None, Cancel);
            Assert.Equal(value, (await State.GetAsync(Key, Cancel))!.Value.ToArray());
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await State.PutAsync(Key, new byte[IStateStore.MaxValueOctets + 1], null, StateCondition.None, Cancel));
    }

    [Fact]
    public async Task Of_many_that_write_where_nothing_is_one_wins()
    {
        Assert.Equal(await WinnerAsync(StateCondition.Absent), await TextAsync());
        Clock.Advance(TimeSpan.FromDays(2)); // and again over what has expired
        Assert.Equal(await WinnerAsync(StateCondition.Absent), await TextAsync());
    }

    [Fact]
    public async Task Of_many_that_change_the_same_value_one_wins()
    {
        var eTag = await State.PutAsync(Key, "old"u8.ToArray(), null, StateCondition.None, Cancel);
        Assert.Equal(await WinnerAsync(StateCondition.Matches(eTag!)), await TextAsync());
    }

    private async Task<string> WinnerAsync(StateCondition condition)
    {
        var eTags = await Task.WhenAll(Enumerable.Range(0, 16).Select(number =>
            State.PutAsync(Key, Encoding.UTF8.GetBytes($"{number}"), Clock.GetUtcNow().AddDays(1), condition, Cancel).AsTask()));
        var (winner, eTag) = Assert.Single(eTags.Index(), item => item.Item is not null);
        Assert.Equal(eTag, (await State.GetAsync(Key, Cancel))!.ETag);
        return $"{winner}";
    }

    private ValueTask<string?> PutAsync(string id, string value, DateTimeOffset? expires = null) =>
        State.PutAsync(new(_collection, id), Encoding.UTF8.GetBytes(value), expires, StateCondition.None, Cancel);

    private async Task<string> TextAsync() => Encoding.UTF8.GetString((await State.GetAsync(Key, Cancel))!.Value.Span);

    private async Task<List<string>> IdsAsync(string prefix, int max)
    {
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await State.ListAsync(_collection, prefix, continuation, max, Cancel);
            Assert.InRange(page.Entries.Count, 0, max);
            ids.AddRange(page.Entries.Select(entry => entry.Key.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return ids;
    }
}

public sealed class SqliteStateStoreTests(LocalDirectory local) : StateStoreContract, IClassFixture<LocalDirectory>
{
    protected override IStateStore Open() => new SqliteStateStore(local.Database, Clock);
}

public sealed class TableStateStoreTests(AccountFixture account) : StateStoreContract, IClassFixture<AccountFixture>
{
    protected override IStateStore Open() => new TableStateStore(account.Clients, Clock);
}
