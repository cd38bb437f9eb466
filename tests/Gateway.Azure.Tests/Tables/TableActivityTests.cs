using Gateway.Azure.Tables;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Tables;

/// <summary>Tables by the month, and the sweep of tables.</summary>
public sealed class TableActivityTests(AccountFixture account) : IClassFixture<AccountFixture>
{
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_story_is_kept_by_its_messages_time_and_spread_by_what_is_random_in_its_id()
    {
        Assert.True(MessageId.TryParse("0193f1c2-1111-7222-8333-444455556abc", out var id));
        Assert.Equal(("activity202412", "abc-0193f1c2-1111-7222-8333-444455556abc"), (ActivityTables.NameOf(id), ActivityTables.Partition(id)));
    }

    [Theory]
    [InlineData("activity202611", "2026-12-01")]
    [InlineData("activity202612", "2027-01-01")]
    [InlineData("activity202613", null)]
    [InlineData("activity000000", null)]
    [InlineData("activity20261", null)]
    [InlineData("activity2026110", null)]
    [InlineData("activities202611", null)]
    [InlineData("state", null)]
    public void Only_a_table_of_activity_has_an_end(string name, string? end) =>
        Assert.Equal(end, ActivityTables.EndOf(name)?.ToString("yyyy-MM-dd", null));

    [Fact]
    public async Task The_first_entries_of_a_month_make_its_table_however_many_come_at_once()
    {
        _clock.SetUtcNow(new(2027, 1, 31, 23, 59, 59, TimeSpan.Zero));
        var ids = Enumerable.Range(0, 8).Select(_ => MessageId.New(_clock)).ToArray();
        _clock.Advance(TimeSpan.FromDays(20)); // the story goes on, the month is the message's
        await Task.WhenAll(ids.Select(id => Log().AppendAsync([Entry(id)], Cancel).AsTask()));
        foreach (var id in ids)
        {
            Assert.Single(await Log().ReadAsync(id, Cancel));
        }

        Assert.Contains($"{account.Options.Prefix}activity202701", await TablesAsync());
        Assert.DoesNotContain($"{account.Options.Prefix}activity202702", await TablesAsync());
    }

    [Fact]
    public async Task Entries_whose_answer_was_lost_are_not_doubled()
    {
        var answers = 0;
        Assert.NotNull(account.Clients);
        var id = MessageId.New(_clock);
        await Log().AppendAsync([Entry(id)], Cancel);
        var log = new TableActivityLog(new(account.Options, null, new Network(async (request, send) =>
        {
            var answer = await send();
            return answers++ > 0 ? answer : throw new HttpRequestException("The answer is lost");
        }).Transport()), _clock);
        await log.AppendAsync([Entry(id), Entry(id)], Cancel);
        Assert.Equal(3, (await Log().ReadAsync(id, Cancel)).Count);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_turn_a_story_round()
    {
        var id = MessageId.New(_clock);
        var backwards = new Backwards(_clock.GetUtcNow());
        var log = new TableActivityLog(account.Clients, backwards);
        foreach (var number in Enumerable.Range(0, 5))
        {
            await log.AppendAsync([Entry(id) with { Attempts = number }], Cancel);
        }

        Assert.Equal([0, 1, 2, 3, 4], (await Log().ReadAsync(id, Cancel)).Select(entry => entry.Attempts));
    }

    [Fact]
    public async Task The_sweep_takes_what_has_expired_and_months_past_their_retention_and_nothing_else()
    {
        var retention = TimeSpan.FromDays(60);
        _clock.SetUtcNow(new(2030, 3, 10, 0, 0, 0, TimeSpan.Zero));
        var old = MessageId.New(_clock);
        _clock.SetUtcNow(new(2030, 4, 10, 0, 0, 0, TimeSpan.Zero));
        var young = MessageId.New(_clock);
        await Log().AppendAsync([Entry(old), Entry(young)], Cancel);
        var state = new TableStateStore(account.Clients, _clock);
        foreach (var number in Enumerable.Range(0, 30))
        {
            await state.PutAsync(new($"c{number % 3}", $"expired-{number}"), new byte[10], _clock.GetUtcNow().AddDays(1), StateCondition.None, Cancel);
        }

        await state.PutAsync(new("c1", "later"), new byte[10], _clock.GetUtcNow().AddDays(100), StateCondition.None, Cancel);
        await state.PutAsync(new("c1", "never"), new byte[10], null, StateCondition.None, Cancel);
        var sweep = new TableSweep(account.Clients, retention, _clock);
        await sweep.SweepAsync(Cancel); // what other tests have left in their months
        Assert.Equal(new(0, 0), await sweep.SweepAsync(Cancel));

        _clock.SetUtcNow(new DateTimeOffset(2030, 4, 1, 0, 0, 0, TimeSpan.Zero) + retention);
        Assert.Equal(new(30, 1), await sweep.SweepAsync(Cancel));
        Assert.Equal(new(0, 0), await sweep.SweepAsync(Cancel));
        Assert.Empty(await Log().ReadAsync(old, Cancel));
        Assert.Single(await Log().ReadAsync(young, Cancel));
        Assert.Equal(["later", "never"], (await state.ListAsync("c1", "", null, 10, Cancel)).Entries.Select(entry => entry.Key.Id));
    }

    [Fact]
    public async Task A_value_that_is_renewed_while_it_is_swept_stays()
    {
        var (state, key, renewed) = (new TableStateStore(account.Clients, _clock), new StateKey("renewed", "app"), false);
        await state.PutAsync(key, new byte[1], _clock.GetUtcNow().AddSeconds(1), StateCondition.None, Cancel);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var network = new Network(async (request, send) =>
        {
            if (request.Method == HttpMethod.Delete && request.RequestUri!.AbsoluteUri.Contains("renewed", StringComparison.Ordinal))
            {
                renewed = await state.PutAsync(key, new byte[2], null, StateCondition.Absent, Cancel) is not null;
            }

            return await send();
        });
        await new TableSweep(new(account.Options, null, network.Transport()), TimeSpan.FromDays(36500), _clock).SweepAsync(Cancel);
        Assert.True(renewed);
        Assert.Equal(2, (await state.GetAsync(key, Cancel))!.Value.Length);
    }

    private TableActivityLog Log() => new(account.Clients, _clock);

    private async Task<List<string>> TablesAsync() =>
        await account.Clients.Tables.QueryAsync(cancellationToken: Cancel).Select(table => table.Name).ToListAsync(Cancel);

    private ActivityEntry Entry(MessageId id) => new() { MessageId = id, At = _clock.GetUtcNow(), Kind = ActivityKind.Delivered };

    private sealed class Backwards(DateTimeOffset start) : TimeProvider
    {
        private int _steps;

        public override DateTimeOffset GetUtcNow() => start.AddSeconds(-_steps++);
    }
}
