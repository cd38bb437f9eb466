using System.Net;
using Gateway.Azure.Stores;
using Gateway.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Stores;

/// <summary>Links of a real account: signed with a key that the service gives for a token.</summary>
public sealed class DelegationLinkTests(SecureAzurite azurite) : IClassFixture<SecureAzurite>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_works_without_a_token_by_https_only_and_for_one_blob()
    {
        var clients = azurite.Clients();
        await clients.CreateAsync(Cancel);
        var store = new BlobMessageStore(clients, TimeProvider.System);
        var id = MessageId.New(TimeProvider.System);
        await store.WritePartAsync(id, "att-0", new MemoryStream([1, 2, 3]), Cancel);
        await store.WritePartAsync(id, "att-1", new MemoryStream([4]), Cancel);
        var url = await store.CreateLinkAsync(id, new("att-0", "application/pdf", "\u00e4.pdf"), TimeProvider.System.GetUtcNow().AddDays(1), Cancel);
        using var http = new HttpClient(azurite.Handler());
        using var answer = await http.GetAsync(url, Cancel);
        Assert.Equal([1, 2, 3], await answer.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal(("application/pdf", "\u00e4.pdf"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.FileNameStar));

        var query = url.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        Assert.Equal(("https", "b", "r"), (query["spr"], query["sr"], query["sp"]));
        Assert.Contains("skoid", query); // a delegation key's, not the account's
        using var other = await http.GetAsync(url.AbsoluteUri.Replace("att-0", "att-1", StringComparison.Ordinal), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        using var ended = await http.GetAsync(await store.CreateLinkAsync(id, new("att-0", "a/b", null), TimeProvider.System.GetUtcNow().AddSeconds(-1), Cancel), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, ended.StatusCode);
    }

    [Fact]
    public async Task Everything_else_works_with_a_token_too()
    {
        var clients = azurite.Clients();
        await clients.CreateAsync(Cancel);
        var store = new BlobMessageStore(clients, TimeProvider.System);
        var id = MessageId.New(TimeProvider.System);
        await clients.Raw.GetBlobClient(BlobNames.Raw(id)).UploadAsync(new BinaryData("raw"), Cancel);
        await store.WritePartAsync(id, "att-0", new MemoryStream([1, 2, 3]), Cancel);
        Assert.True(await store.KeepAsync(id, Cancel));
        await store.DeleteAsync(id, Cancel);
        Assert.False(await store.KeepAsync(id, Cancel));
    }

    [Fact]
    public async Task One_key_serves_many_links_and_is_renewed_before_a_link_would_outlive_it()
    {
        var clients = azurite.Clients();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var keys = new DelegationKeys(clients.Blobs, clock);
        var before = azurite.KeysAsked;
        var first = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => keys.GetAsync(clock.GetUtcNow().AddDays(1), Cancel).AsTask()));
        Assert.All(first, key => Assert.Same(first[0], key));
        Assert.Equal(1, azurite.KeysAsked - before);
        Assert.Same(first[0], await keys.GetAsync(clock.GetUtcNow() + DelegationKeys.MaxLinkLifetime, Cancel));

        clock.Advance(TimeSpan.FromDays(5));
        Assert.Same(first[0], await keys.GetAsync(clock.GetUtcNow().AddDays(1), Cancel));
        clock.Advance(TimeSpan.FromDays(1)); // the key's last day: too short for a link of a day
        await Record.ExceptionAsync(async () => await keys.GetAsync(clock.GetUtcNow().AddDays(1), Cancel)); // the service's clock has not moved: it may refuse
        Assert.Equal(2, azurite.KeysAsked - before);
    }

    [Fact]
    public async Task A_link_that_no_key_can_outlive_is_refused()
    {
        var keys = new DelegationKeys(azurite.Clients().Blobs, TimeProvider.System);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await keys.GetAsync(TimeProvider.System.GetUtcNow().AddDays(7), Cancel));
    }

    [Fact]
    public async Task After_a_failure_the_next_link_asks_again()
    {
        var fails = true;
        var network = new Network((request, send) => fails ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.Forbidden)) : send(), azurite.Handler());
        var whole = azurite.Clients();
        var options = new StorageOptions { BlobEndpoint = whole.Blobs.Uri, TableEndpoint = whole.Tables.Uri };
        var keys = new DelegationKeys(new StorageClients(options, SecureAzurite.Token, network.Transport()).Blobs, TimeProvider.System);
        var expires = TimeProvider.System.GetUtcNow().AddDays(1);
        await Assert.ThrowsAsync<global::Azure.RequestFailedException>(async () => await keys.GetAsync(expires, Cancel));
        fails = false;
        Assert.True((await keys.GetAsync(expires, Cancel)).SignedExpiresOn > expires);
    }
}
