using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Storage;

namespace Gateway.Local.Tests;

public sealed class MessageStoreTests : IDisposable
{
    private readonly LocalStorage _storage = new();

    public void Dispose() => _storage.Dispose();

    [Theory]
    [InlineData(SqliteIntake.MaxRowOctets)]
    [InlineData(SqliteIntake.MaxRowOctets + 1)]
    public async Task A_part_that_moves_between_row_and_file_leaves_no_file_behind(int octets)
    {
        var id = await _storage.AcceptAsync([1]);
        foreach (var content in (byte[][])[IntakeTests.Noise(octets), IntakeTests.Noise(70_000), IntakeTests.Noise(10)])
        {
            await _storage.Store.WritePartAsync(id, "att-0", new MemoryStream(content), default);
            await using var part = await _storage.Store.OpenPartAsync(id, "att-0", default);
            Assert.Equal(content, await LocalStorage.ReadAllAsync(part!));
        }

        Assert.Empty(Directory.EnumerateFiles(_storage.Data.Parts));
    }

    [Fact]
    public async Task A_part_whose_content_fails_half_way_leaves_no_file_behind()
    {
        var id = await _storage.AcceptAsync([1]);
        await Assert.ThrowsAsync<IOException>(async () =>
            await _storage.Store.WritePartAsync(id, "att-0", new BrokenStream(100_000), default));
        Assert.Empty(Directory.EnumerateFiles(_storage.Data.Parts));
    }

    [Fact]
    public async Task Deleting_a_message_leaves_no_file_and_no_story_of_it()
    {
        var id = await _storage.AcceptAsync(IntakeTests.Noise(100_000));
        await _storage.Store.WritePartAsync(id, "content.json", new MemoryStream([1]), default);
        await _storage.Store.WritePartAsync(id, "att-0", new MemoryStream(IntakeTests.Noise(100_000)), default);
        await _storage.Activity.AppendAsync([Entry(id)], default);
        await _storage.Store.DeleteAsync(id, default);
        Assert.Empty(await _storage.Activity.ReadAsync(id, default));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(_storage.Temp.Path, "*", SearchOption.AllDirectories),
            path => path.Contains(id.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mail_past_its_retention_is_swept_unless_a_queue_or_a_record_refers_to_it()
    {
        var delivered = await _storage.AcceptAsync(IntakeTests.Noise(100_000));
        var kept = await _storage.AcceptAsync([2]);
        foreach (var leased in await _storage.Queue.LeaseAsync(StageQueue.Received, 10, TimeSpan.FromMinutes(5), default))
        {
            await _storage.Queue.CompleteAsync(leased, [], []);
        }

        var queued = await _storage.AcceptAsync([3]);
        _storage.Clock.Advance(_storage.Retention.Retention - TimeSpan.FromSeconds(1));
        Assert.True(await _storage.Store.KeepAsync(kept, default));
        Assert.Equal(0, await _storage.Sweep.DeleteExpiredAsync(default));

        _storage.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, await _storage.Sweep.DeleteExpiredAsync(default));
        Assert.Null(await _storage.ReadRawAsync(delivered));
        Assert.NotNull(await _storage.ReadRawAsync(kept));
        Assert.NotNull(await _storage.ReadRawAsync(queued));

        _storage.Clock.Advance(_storage.Retention.KeptRetention + TimeSpan.FromHours(1));
        Assert.Equal(1, await _storage.Sweep.DeleteExpiredAsync(default));
        Assert.Null(await _storage.ReadRawAsync(kept));
        Assert.NotNull(await _storage.ReadRawAsync(queued));
    }

    [Fact]
    public async Task Mail_that_is_kept_between_the_look_and_the_delete_stays()
    {
        var id = await _storage.AcceptAsync([1]);
        await _storage.Queue.CompleteAsync(Assert.Single(await _storage.Queue.LeaseAsync(StageQueue.Received, 10, TimeSpan.FromMinutes(5), default)), [], []);
        var now = _storage.Clock.GetUtcNow().AddDays(8);
        await _storage.Store.KeepAsync(id, default);
        Assert.False(await _storage.Store.DeleteExpiredAsync(id, now, now));
        Assert.NotNull(await _storage.ReadRawAsync(id));
    }

    [Fact]
    public async Task What_a_late_delivery_links_to_stays_as_long_as_the_links_work()
    {
        var id = await _storage.AcceptAsync([1]);
        _storage.Clock.Advance(_storage.Retention.Retention - TimeSpan.FromMinutes(30)); // parked for days, say
        var leased = Assert.Single(await _storage.Queue.LeaseAsync(StageQueue.Received, 10, TimeSpan.FromMinutes(5), default));
        await _storage.Queue.CompleteAsync(leased, [], [Entry(id)]);
        _storage.Clock.Advance(_storage.Retention.LinkLifetime - TimeSpan.FromMinutes(1));
        await _storage.Sweep.DeleteExpiredAsync(default);
        Assert.NotNull(await _storage.ReadRawAsync(id));
        _storage.Clock.Advance(TimeSpan.FromMinutes(2));
        await _storage.Sweep.DeleteExpiredAsync(default);
        Assert.Null(await _storage.ReadRawAsync(id));
    }

    [Fact]
    public async Task A_link_is_good_for_what_it_names_until_it_expires()
    {
        var id = await _storage.AcceptAsync([1]);
        var link = new StoredLink("att-0", "application/pdf", "a b&c.pdf");
        var expires = _storage.Clock.GetUtcNow().AddHours(1);
        var url = await _storage.Store.CreateLinkAsync(id, link, expires, default);
        Assert.StartsWith($"http://127.0.0.1:8025/links/{id}/att-0?", url.AbsoluteUri, StringComparison.Ordinal);

        var query = url.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        var (seconds, signature) = (long.Parse(query["expires"], null), query["signature"]);
        Assert.Equal((link.ContentType, link.FileName), (query["type"], query["name"]));
        Assert.True(_storage.Links.Verify(id, link, seconds, signature));
        Assert.False(_storage.Links.Verify(id, link with { Part = null }, seconds, signature));
        Assert.False(_storage.Links.Verify(id, link with { FileName = "b.pdf" }, seconds, signature));
        Assert.False(_storage.Links.Verify(id, link with { ContentType = "text/html" }, seconds, signature));
        Assert.False(_storage.Links.Verify(id, link, seconds + 1, signature));
        Assert.False(_storage.Links.Verify(MessageId.New(_storage.Clock), link, seconds, signature));
        Assert.False(_storage.Links.Verify(id, link, seconds, "é"));
        _storage.Clock.Advance(TimeSpan.FromHours(1));
        Assert.False(_storage.Links.Verify(id, link, seconds, signature));
    }

    private ActivityEntry Entry(MessageId id) => new() { MessageId = id, At = _storage.Clock.GetUtcNow(), Kind = ActivityKind.Delivered };

    /// <summary>Some octets, then an error: a raw message whose disk fails.</summary>
    private sealed class BrokenStream(int octets) : MemoryStream(new byte[octets])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == Length ? throw new IOException("broken") : base.ReadAsync(buffer, cancellationToken);
    }
}
