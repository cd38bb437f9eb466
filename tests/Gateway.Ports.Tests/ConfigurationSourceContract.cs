using System.Text;
using Gateway.Azure.Stores;
using Gateway.Core.Ports;
using Gateway.Local.Files;

namespace Gateway.Ports.Tests;

/// <summary>What IConfigurationSource promises.</summary>
public abstract class ConfigurationSourceContract
{
    private IConfigurationSource Source => field ??= Open();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Over the same place each time in a test, and another one in the next.</summary>
    protected abstract IConfigurationSource Open();

    /// <summary>Writes the document as somebody else would: an editor, an upload.</summary>
    protected abstract Task PlantAsync(byte[] octets);

    protected abstract Task RemoveAsync();

    [Fact]
    public async Task A_document_is_written_by_whoever_read_it_last()
    {
        Assert.Null(await Source.ReadAsync(Cancel));
        var first = await Source.WriteAsync("{}"u8.ToArray(), null, Cancel);
        Assert.Null(await Source.WriteAsync("[]"u8.ToArray(), null, Cancel));
        var second = await Source.WriteAsync("[]"u8.ToArray(), first, Cancel);
        Assert.NotNull(second);
        Assert.Null(await Source.WriteAsync("[1]"u8.ToArray(), first, Cancel));
        Assert.Equal(("[]", second), await ReadAsync(Source));
        Assert.Equal(("[]", second), await ReadAsync(Open()));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("never")]
    public async Task An_etag_that_was_never_given_writes_nothing(string eTag)
    {
        Assert.Null(await Source.WriteAsync("[]"u8.ToArray(), eTag, Cancel));
        Assert.Null(await Source.ReadAsync(Cancel));
        await PlantAsync("{}"u8.ToArray());
        Assert.Null(await Source.WriteAsync("[]"u8.ToArray(), eTag, Cancel));
        Assert.Equal("{}", (await ReadAsync(Source)).Text);
    }

    [Fact]
    public async Task What_others_change_and_remove_is_seen_at_the_next_reading()
    {
        await PlantAsync("{\"a\":1}"u8.ToArray());
        var first = await ReadAsync(Source);
        Assert.Equal(first, await ReadAsync(Source));
        await PlantAsync("{\"a\":2}"u8.ToArray());
        var second = await ReadAsync(Source);
        Assert.Equal("{\"a\":2}", second.Text);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Null(await Source.WriteAsync("[]"u8.ToArray(), first.ETag, Cancel));
        await RemoveAsync();
        Assert.Null(await Source.ReadAsync(Cancel));
        Assert.Null(await Source.WriteAsync("[]"u8.ToArray(), second.ETag, Cancel));
        await PlantAsync("{\"a\":1}"u8.ToArray());
        Assert.Equal("{\"a\":1}", (await ReadAsync(Source)).Text);
    }

    [Fact]
    public async Task A_document_of_the_largest_size_is_read_and_one_octet_more_is_an_error()
    {
        await PlantAsync(new byte[IConfigurationSource.MaxOctets]);
        Assert.Equal(IConfigurationSource.MaxOctets, (await Source.ReadAsync(Cancel))!.Octets.Length);
        await PlantAsync(new byte[IConfigurationSource.MaxOctets + 1]);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await Source.ReadAsync(Cancel));
        Assert.Contains(Source.Name, failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Source.WriteAsync(new byte[IConfigurationSource.MaxOctets + 1], null, Cancel));
    }

    [Fact]
    public async Task An_empty_document_is_one()
    {
        await PlantAsync([]);
        Assert.Equal("", (await ReadAsync(Source)).Text);
        Assert.Null(await Source.WriteAsync("{}"u8.ToArray(), null, Cancel));
    }

    private static async Task<(string Text, string ETag)> ReadAsync(IConfigurationSource source)
    {
        var text = (await source.ReadAsync(Cancel))!;
        return (Encoding.UTF8.GetString(text.Octets.Span), text.ETag);
    }
}

public sealed class FileConfigurationSourceTests : ConfigurationSourceContract, IDisposable
{
    private readonly TestDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    protected override IConfigurationSource Open() => new FileConfigurationSource(_temp.File("gateway.json"));

    protected override Task PlantAsync(byte[] octets) => File.WriteAllBytesAsync(_temp.File("gateway.json"), octets);

    protected override Task RemoveAsync()
    {
        File.Delete(_temp.File("gateway.json"));
        return Task.CompletedTask;
    }
}

public sealed class BlobConfigurationSourceTests(AccountFixture account) : ConfigurationSourceContract, IClassFixture<AccountFixture>
{
    private readonly string _name = $"{Random.Shared.NextInt64():x}/gateway.json";

    protected override IConfigurationSource Open() => new BlobConfigurationSource(account.Clients, _name);

    protected override async Task PlantAsync(byte[] octets) => await account.Clients.Config.GetBlobClient(_name).UploadAsync(new BinaryData(octets), overwrite: true);

    protected override async Task RemoveAsync() => await account.Clients.Config.DeleteBlobAsync(_name);
}
