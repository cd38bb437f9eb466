using Azure;
using Azure.Storage.Blobs;
using Gateway.Azure.Stores;
using Gateway.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Stores;

/// <summary>Where the blobs of a message are, and what lifecycle rules may take away; the port's promises are tested in Gateway.Ports.Tests.</summary>
public sealed class BlobMessageStoreTests(AccountFixture account) : IClassFixture<AccountFixture>
{
    private readonly MessageId _id = MessageId.New(TimeProvider.System);

    private BlobMessageStore Store => field ??= new(account.Clients, TimeProvider.System);

    private string Raw => BlobNames.Raw(_id);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_name_begins_with_what_is_random_in_the_id()
    {
        Assert.True(MessageId.TryParse("0193f1c2-1111-7222-8333-444455556abc", out var id));
        Assert.Equal("abc/0193f1c2-1111-7222-8333-444455556abc", BlobNames.Raw(id));
        Assert.Equal("abc/0193f1c2-1111-7222-8333-444455556abc/att-0", BlobNames.Part(id, "att-0"));
    }

    [Fact]
    public async Task What_is_kept_is_readable_when_the_lifecycle_rules_have_taken_raw_and_parts()
    {
        await AcceptAsync("raw", "content.json", "att-0");
        Assert.True(await Store.KeepAsync(_id, Cancel));
        await account.Clients.Raw.DeleteBlobAsync(Raw, cancellationToken: Cancel);
        await account.Clients.Parts.DeleteBlobAsync(BlobNames.Part(_id, "att-0"), cancellationToken: Cancel);
        Assert.Equal("raw", await TextAsync(await Store.OpenRawAsync(_id, Cancel)));
        Assert.Equal("att-0", await TextAsync(await Store.OpenPartAsync(_id, "att-0", Cancel)));
        Assert.Equal("content.json", await TextAsync(await Store.OpenPartAsync(_id, "content.json", Cancel)));
    }

    [Fact]
    public async Task Keeping_again_renews_what_the_retention_of_kept_counts_from()
    {
        await AcceptAsync("raw", "att-0", "att-1");
        Assert.True(await Store.KeepAsync(_id, Cancel));
        var first = await ModifiedAsync();
        await NextSecondAsync();
        Assert.True(await Store.KeepAsync(_id, Cancel)); // by a copy
        var second = await ModifiedAsync();
        Assert.All(first.Zip(second), pair => Assert.True(pair.First < pair.Second));

        await account.Clients.Raw.DeleteBlobAsync(Raw, cancellationToken: Cancel);
        await account.Clients.Parts.DeleteBlobAsync(BlobNames.Part(_id, "att-0"), cancellationToken: Cancel);
        await NextSecondAsync();
        Assert.True(await Store.KeepAsync(_id, Cancel)); // of what only kept has
        Assert.All(second.Zip(await ModifiedAsync()), pair => Assert.True(pair.First < pair.Second));
        Assert.Equal("raw", await TextAsync(await Store.OpenRawAsync(_id, Cancel)));
        Assert.Equal("att-0", await TextAsync(await Store.OpenPartAsync(_id, "att-0", Cancel)));
    }

    [Fact]
    public async Task Deleting_leaves_no_blob_in_any_container()
    {
        await AcceptAsync("raw", "content.json", "att-0");
        await Store.KeepAsync(_id, Cancel);
        await Store.DeleteAsync(_id, Cancel);
        foreach (var container in (BlobContainerClient[])[account.Clients.Raw, account.Clients.Parts, account.Clients.Kept])
        {
            Assert.Empty(await container.GetBlobsAsync(new() { Prefix = BlobNames.Raw(_id) }, Cancel).ToListAsync(Cancel));
        }
    }

    [Fact]
    public async Task An_old_message_is_linked_to_where_it_is_kept_and_a_young_one_without_a_look()
    {
        await AcceptAsync("raw", "att-0");
        await Store.KeepAsync(_id, Cancel);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        Assert.Equal(account.Clients.Raw.Name, await ContainerAsync(clock, null));
        clock.Advance(TimeSpan.FromDays(29));
        Assert.Equal(account.Clients.Kept.Name, await ContainerAsync(clock, null));
        Assert.Equal(account.Clients.Kept.Name, await ContainerAsync(clock, "att-0"));
        Assert.Equal(account.Clients.Parts.Name, await ContainerAsync(clock, "att-1"));
    }

    [Fact]
    public async Task A_missing_container_is_a_failure_and_no_missing_message()
    {
        var options = AccountFixture.OptionsOf(new("", account.Options.ConnectionString!, null));
        var store = new BlobMessageStore(new(options, null), TimeProvider.System);
        Assert.NotNull(account.Clients);
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.OpenRawAsync(_id, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.OpenPartAsync(_id, "att-0", Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.KeepAsync(_id, Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await store.WritePartAsync(_id, "att-0", new MemoryStream([1]), Cancel));
    }

    [Fact]
    public async Task A_big_part_goes_in_blocks_one_at_a_time_and_is_seen_only_at_the_end()
    {
        var (requests, now, most) = (new List<string>(), 0, 0);
        var network = new Network(async (request, send) =>
        {
            most = Math.Max(most, ++now);
            requests.Add($"{request.Method} {request.Content?.Headers.ContentLength / (1024 * 1024)}");
            try
            {
                return await send();
            }
            finally
            {
                now--;
            }
        });
        Assert.NotNull(account.Clients);
        var store = new BlobMessageStore(new(account.Options, null, network.Transport()), TimeProvider.System);
        await store.WritePartAsync(_id, "att-0", new Watched(10 * 1024 * 1024, _ =>
        {
            Assert.DoesNotContain("PUT 0", requests);
            return Task.CompletedTask;
        }), Cancel);
        Assert.Equal(["PUT 4", "PUT 4", "PUT 2", "PUT 0"], requests);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Two_writers_of_one_part_never_make_one_part_of_both()
    {
        var theirs = Enumerable.Repeat((byte)7, 9_000_000).ToArray();
        var slow = new Watched(9_000_000, async position =>
        {
            if (position == 4 * 1024 * 1024)
            {
                await Store.WritePartAsync(_id, "att-0", new MemoryStream(theirs), Cancel);
            }
        });
        var failure = await Record.ExceptionAsync(async () => await Store.WritePartAsync(_id, "att-0", slow, Cancel));
        Assert.IsType<RequestFailedException>(failure);
        var read = new MemoryStream();
        await (await Store.OpenPartAsync(_id, "att-0", Cancel))!.CopyToAsync(read, Cancel);
        Assert.Equal(theirs, read.ToArray());
    }

    private async Task AcceptAsync(string raw, params string[] parts)
    {
        await account.Clients.Raw.GetBlobClient(Raw).UploadAsync(new BinaryData(raw), Cancel);
        foreach (var part in parts)
        {
            await Store.WritePartAsync(_id, part, BinaryData.FromString(part).ToStream(), Cancel);
        }
    }

    private async Task<List<DateTimeOffset>> ModifiedAsync() =>
        await account.Clients.Kept.GetBlobsAsync(new() { Prefix = Raw }, Cancel).Select(blob => blob.Properties.LastModified!.Value).ToListAsync(Cancel);

    /// <summary>A blob's last modification is told in seconds; the service's clock is asked by writing until it has moved.</summary>
    private async Task NextSecondAsync()
    {
        var blob = account.Clients.Config.GetBlobClient("clock");
        var start = (await blob.UploadAsync(new BinaryData(""), overwrite: true, Cancel)).Value.LastModified;
        while ((await blob.UploadAsync(new BinaryData(""), overwrite: true, Cancel)).Value.LastModified == start)
        {
        }
    }

    private async Task<string> ContainerAsync(TimeProvider clock, string? part)
    {
        var url = await new BlobMessageStore(account.Clients, clock).CreateLinkAsync(_id, new(part, "a/b", null), clock.GetUtcNow().AddHours(1), Cancel);
        return new BlobUriBuilder(url).BlobContainerName;
    }

    private static async Task<string> TextAsync(Stream? stream)
    {
        using var reader = new StreamReader(stream!);
        return await reader.ReadToEndAsync(Cancel);
    }

    /// <summary>Octets of unknown length, and something that happens before each reading.</summary>
    private sealed class Watched(int octets, Func<long, Task> before) : MemoryStream(new byte[octets])
    {
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await before(Position);
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
