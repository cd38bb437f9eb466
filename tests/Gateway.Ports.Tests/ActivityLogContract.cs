using Gateway.Azure.Tables;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Ports.Tests;

/// <summary>What IActivityLog promises.</summary>
public abstract class ActivityLogContract
{
    protected FakeTimeProvider Clock { get; } = new(new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    private IActivityLog Log => field ??= Open();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Another one over the same storage: another process.</summary>
    protected abstract IActivityLog Open();

    [Fact]
    public async Task Of_an_unknown_message_there_is_no_story() => Assert.Empty(await Log.ReadAsync(MessageId.New(Clock), Cancel));

    [Fact]
    public async Task An_id_that_no_message_can_have_has_no_story()
    {
        Assert.True(MessageId.TryParse("ffffffff-ffff-ffff-ffff-ffffffffffff", out var id));
        Assert.Empty(await Log.ReadAsync(id, Cancel));
        Assert.Empty(await Log.ReadAsync(default, Cancel));
    }

    [Fact]
    public async Task Nothing_appended_is_nothing_written() => await Log.AppendAsync([], Cancel);

    [Fact]
    public async Task An_entry_is_read_back_whole()
    {
        var id = MessageId.New(Clock);
        var entry = new ActivityEntry
        {
            MessageId = id,
            At = Clock.GetUtcNow(),
            Kind = ActivityKind.Retrying,
            From = "jos\u00e9@example.org",
            Recipient = "support@in.example.com",
            Subject = "Gr\u00fc\u00dfe \"\\<&> \U0001F600",
            Octets = 4321,
            Spam = "not_evaluated",
            RouteId = "support",
            EndpointId = "app",
            DeliveryId = DeliveryId.Of(id, "support@in.example.com", "support", "app"),
            Attempts = 3,
            HttpStatus = 503,
            Elapsed = TimeSpan.FromMilliseconds(123),
            Next = Clock.GetUtcNow().AddMinutes(2),
            Reason = "The endpoint answered 503",
        };
        await Log.AppendAsync([entry, entry with { From = "", Subject = null, Next = null }], Cancel);
        Assert.Equal([entry, entry with { From = "", Subject = null, Next = null }], await Log.ReadAsync(id, Cancel));
    }

    [Fact]
    public async Task Stories_are_in_the_order_of_appending_and_never_mixed()
    {
        var (one, two) = (MessageId.New(Clock), MessageId.New(Clock));
        await Log.AppendAsync([.. Enumerable.Range(0, 250).Select(number => Entry(number % 2 == 0 ? one : two, number))], Cancel);
        await Log.AppendAsync([Entry(two, 251), Entry(one, 250)], Cancel);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Open().AppendAsync([Entry(one, 252)], Cancel);
        Assert.Equal(Enumerable.Range(0, 127).Select(number => 2 * number), (await Log.ReadAsync(one, Cancel)).Select(entry => entry.Attempts));
        Assert.Equal(Enumerable.Range(0, 126).Select(number => 2 * number + 1), (await Log.ReadAsync(two, Cancel)).Select(entry => entry.Attempts));
    }

    /// <summary>As when a stage is slower to tell than the next one is to work.</summary>
    [Fact]
    public async Task What_is_told_late_stands_where_it_happened()
    {
        var id = MessageId.New(Clock);
        var (early, late) = (Entry(id, 1), Entry(id, 2));
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        var next = Entry(id, 3);
        await Open().AppendAsync([next], Cancel);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Log.AppendAsync([early, late], Cancel);
        Assert.Equal([1, 2, 3], (await Log.ReadAsync(id, Cancel)).Select(entry => entry.Attempts));
    }

    [Fact]
    public async Task Several_processes_append_to_one_story_and_nothing_is_lost()
    {
        var id = MessageId.New(Clock);
        var logs = Enumerable.Range(0, 4).Select(_ => Open()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => logs[number % 4].AppendAsync([Entry(id, number)], Cancel).AsTask()));
        Assert.Equal(Enumerable.Range(0, 40), (await Log.ReadAsync(id, Cancel)).Select(entry => entry.Attempts).Order());
    }

    [Fact]
    public async Task Texts_of_any_length_are_taken_and_begin_as_they_did()
    {
        var id = MessageId.New(Clock);
        foreach (var text in (string[])[new string('"', 100_000), string.Concat(Enumerable.Repeat("\U0001F600", 50_000)), "x" + string.Concat(Enumerable.Repeat("\U0001F600", 50_000))])
        {
            await Log.AppendAsync([.. Enumerable.Repeat(Entry(id, 1) with { From = text, Recipient = text, Subject = text, Reason = text }, 100)], Cancel);
            var read = (await Log.ReadAsync(id, Cancel))[^1];
            Assert.All((string?[])[read.From, read.Recipient, read.Subject, read.Reason], part =>
            {
                Assert.InRange(part!.Length, 499, text.Length);
                Assert.StartsWith(part, text, StringComparison.Ordinal);
                Assert.DoesNotContain('\ufffd', part);
            });
        }
    }

    private ActivityEntry Entry(MessageId id, int number) => new() { MessageId = id, At = Clock.GetUtcNow(), Kind = ActivityKind.Delivered, Attempts = number };
}

public sealed class SqliteActivityLogTests(LocalDirectory local) : ActivityLogContract, IClassFixture<LocalDirectory>
{
    protected override IActivityLog Open() => new SqliteActivityLog(local.Database);
}

public sealed class TableActivityLogTests(AccountFixture account) : ActivityLogContract, IClassFixture<AccountFixture>
{
    protected override IActivityLog Open() => new TableActivityLog(account.Clients, Clock);
}
