using System.Security.Cryptography;
using Gateway.Azure.Stores;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Links;
using Gateway.Local.Storage;

namespace Gateway.Ports.Tests;

/// <summary>What IMessageStore promises; what links do when they are followed stands in the tests of the adapters.</summary>
public abstract class MessageStoreContract
{
    private IMessageStore Store => field ??= Open();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract IMessageStore Open();

    /// <summary>Makes a raw message durable the way the intake does.</summary>
    protected abstract Task AcceptAsync(MessageId id, byte[] raw);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(1024 * 1024)]
    [InlineData(1024 * 1024 + 1)]
    [InlineData(3_000_000)]
    public async Task A_raw_message_is_read_back_from_any_place_in_it(int octets)
    {
        var (id, raw) = await AcceptAsync(octets);
        await using var stream = (await Store.OpenRawAsync(id, Cancel))!;
        Assert.True(stream.CanSeek);
        Assert.Equal(octets, stream.Length);
        Assert.Equal(raw, await ReadAsync(stream));
        foreach (var at in (int[])[octets / 2, 0, octets])
        {
            stream.Position = at;
            Assert.Equal(raw[at..], await ReadAsync(stream));
        }
    }

    [Fact]
    public async Task Of_what_was_never_there_there_is_nothing()
    {
        var id = MessageId.New(TimeProvider.System);
        Assert.Null(await Store.OpenRawAsync(id, Cancel));
        Assert.Null(await Store.OpenPartAsync(id, "content.json", Cancel));
        Assert.False(await Store.KeepAsync(id, Cancel));
        await Store.DeleteAsync(id, Cancel);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(1024 * 1024)]
    [InlineData(1024 * 1024 + 1)]
    [InlineData(4 * 1024 * 1024 - 1)]
    [InlineData(4 * 1024 * 1024)]
    [InlineData(9_000_000)]
    public async Task A_part_is_read_back_and_replaced_whatever_its_size(int octets)
    {
        var (id, _) = await AcceptAsync(10);
        foreach (var content in (byte[][])[RandomNumberGenerator.GetBytes(octets), RandomNumberGenerator.GetBytes(70_000), RandomNumberGenerator.GetBytes(10), []])
        {
            foreach (var seekable in (bool[])[true, false])
            {
                await Store.WritePartAsync(id, "att-0", seekable ? new MemoryStream(content) : new Forward(content), Cancel);
                Assert.Equal(content, await ReadPartAsync(id, "att-0"));
            }
        }
    }

    [Fact]
    public async Task A_part_is_what_is_left_of_a_stream_that_has_been_read_into()
    {
        var (id, _) = await AcceptAsync(10);
        await Store.WritePartAsync(id, "att-0", new MemoryStream([1, 2, 3]) { Position = 1 }, Cancel);
        Assert.Equal([2, 3], await ReadPartAsync(id, "att-0"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task A_part_whose_content_fails_half_way_leaves_what_was_there(int octets)
    {
        var (id, _) = await AcceptAsync(10);
        await Assert.ThrowsAsync<IOException>(async () => await Store.WritePartAsync(id, "att-0", new Broken(octets), Cancel));
        Assert.Null(await Store.OpenPartAsync(id, "att-0", Cancel));
        await Store.WritePartAsync(id, "att-0", new MemoryStream([7]), Cancel);
        await Assert.ThrowsAsync<IOException>(async () => await Store.WritePartAsync(id, "att-0", new Broken(octets), Cancel));
        Assert.Equal([7], await ReadPartAsync(id, "att-0"));
    }

    [Fact]
    public async Task A_part_that_many_write_is_one_of_what_they_wrote()
    {
        var (id, _) = await AcceptAsync(10);
        var contents = Enumerable.Range(0, 4).Select(number => Enumerable.Repeat((byte)number, 4_500_000).ToArray()).ToArray();
        var failures = await Task.WhenAll(contents.Select(async content => await Record.ExceptionAsync(async () => await Store.WritePartAsync(id, "att-0", new MemoryStream(content), Cancel))));
        Assert.Contains(null, failures);
        Assert.Contains(contents, (await ReadPartAsync(id, "att-0")).SequenceEqual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData(".hidden")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData(null)]
    public async Task A_part_name_that_could_lead_elsewhere_is_refused(string? text)
    {
        var (id, name) = (MessageId.New(TimeProvider.System), text ?? new string('a', 65));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.WritePartAsync(id, name, new MemoryStream(), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.OpenPartAsync(id, name, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await Store.CreateLinkAsync(id, new(name, "text/plain", null), TimeProvider.System.GetUtcNow().AddHours(1), Cancel));
    }

    [Fact]
    public async Task Keeping_changes_nothing_that_can_be_read()
    {
        var (id, raw) = await AcceptAsync(100_000);
        await Store.WritePartAsync(id, "content.json", new MemoryStream([1, 2]), Cancel);
        Assert.True(await Store.KeepAsync(id, Cancel));
        Assert.True(await Store.KeepAsync(id, Cancel));
        await using var stream = await Store.OpenRawAsync(id, Cancel);
        Assert.Equal(raw, await ReadAsync(stream!));
        Assert.Equal([1, 2], await ReadPartAsync(id, "content.json"));
    }

    [Fact]
    public async Task Many_may_keep_the_same_message_at_the_same_time()
    {
        var (id, _) = await AcceptAsync(100_000);
        await Store.WritePartAsync(id, "content.json", new MemoryStream([1, 2]), Cancel);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.KeepAsync(id, Cancel).AsTask())), Assert.True);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_deleted_is_gone_kept_or_not_and_nothing_else(bool kept)
    {
        var ((id, _), (other, _)) = (await AcceptAsync(100_000), await AcceptAsync(10));
        foreach (var part in (string[])["content.json", "att-0", "att-1"])
        {
            await Store.WritePartAsync(id, part, new MemoryStream([1]), Cancel);
            await Store.WritePartAsync(other, part, new MemoryStream([1]), Cancel);
        }

        Assert.True(!kept || await Store.KeepAsync(id, Cancel));
        await Store.DeleteAsync(id, Cancel);
        await Store.DeleteAsync(id, Cancel);
        Assert.Null(await Store.OpenRawAsync(id, Cancel));
        Assert.Null(await Store.OpenPartAsync(id, "content.json", Cancel));
        Assert.Null(await Store.OpenPartAsync(id, "att-1", Cancel));
        Assert.False(await Store.KeepAsync(id, Cancel));
        Assert.Equal([1], await ReadPartAsync(other, "att-1"));
        Assert.True(await Store.KeepAsync(other, Cancel));
    }

    private async Task<(MessageId Id, byte[] Raw)> AcceptAsync(int octets)
    {
        var (id, raw) = (MessageId.New(TimeProvider.System), RandomNumberGenerator.GetBytes(octets));
        await AcceptAsync(id, raw);
        return (id, raw);
    }

    private async Task<byte[]> ReadPartAsync(MessageId id, string part)
    {
        await using var stream = (await Store.OpenPartAsync(id, part, Cancel))!;
        Assert.True(stream.CanSeek);
        return await ReadAsync(stream);
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    /// <summary>Of unknown length, and in small pieces: an attachment that is being decoded.</summary>
    private sealed class Forward(byte[] octets) : MemoryStream(octets)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 50_000)], cancellationToken);
    }

    /// <summary>Some octets, then an error: a raw message whose disk fails.</summary>
    private sealed class Broken(int octets) : MemoryStream(new byte[octets])
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == octets ? throw new IOException("broken") : base.ReadAsync(buffer, cancellationToken);
    }
}

public sealed class SqliteMessageStoreTests(LocalDirectory local) : MessageStoreContract, IClassFixture<LocalDirectory>
{
    protected override IMessageStore Open()
    {
        var links = new LinkSigner(() => new("http://127.0.0.1:8025/"), new byte[LinkSigner.KeyOctets], TimeProvider.System);
        return new SqliteMessageStore(local.Data, local.Database, links, new(), TimeProvider.System);
    }

    protected override async Task AcceptAsync(MessageId id, byte[] raw)
    {
        var queue = new SqliteStageQueue(local.Database, new(), TimeProvider.System);
        await using var message = await new SqliteIntake(local.Data, local.Database, queue, TimeProvider.System).OpenAsync(id, CancellationToken.None);
        await message.WriteAsync(raw, CancellationToken.None);
        await message.CommitAsync(new ReceivedEvent
        {
            MessageId = id,
            ReceivedAt = TimeProvider.System.GetUtcNow(),
            Octets = raw.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(raw)),
            Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
            Client = new("127.0.0.1", ClientSource.Socket),
            Received = "Received: from mail.example.org",
        }, CancellationToken.None);
    }
}

public sealed class BlobMessageStoreTests(AccountFixture account) : MessageStoreContract, IClassFixture<AccountFixture>
{
    protected override IMessageStore Open() => new BlobMessageStore(account.Clients, TimeProvider.System);

    /// <summary>Under the name that intake and store agree on (decision 006).</summary>
    protected override async Task AcceptAsync(MessageId id, byte[] raw) =>
        await account.Clients.Raw.GetBlobClient($"{id.ToString()[^3..]}/{id}").UploadAsync(new BinaryData(raw));
}
