using System.Net;
using System.Security.Cryptography;
using Gateway.Azure.Stores;
using Gateway.Core;

namespace Gateway.Azure.Tests.Stores;

/// <summary>Links are followed over HTTP by somebody who has nothing but them; here those of an emulator's key.</summary>
public sealed class LinkTests(AccountFixture account) : IClassFixture<AccountFixture>
{
    private static readonly HttpClient Http = new();

    private BlobMessageStore Store => field ??= new(account.Clients, TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_downloads_what_it_names_with_the_headers_it_was_made_with()
    {
        var (id, content) = await WriteAsync("att-0", 100_000);
        var url = await Store.CreateLinkAsync(id, new("att-0", "application/pdf", "r\u00e9sum\u00e9 \"1\".pdf"), TimeProvider.System.GetUtcNow().AddHours(1), Cancel);
        using var answer = await Http.GetAsync(url, Cancel);
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal("application/pdf", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Headers.CacheControl is { NoStore: true, Private: true });
        Assert.Equal("attachment; filename=\"r_sum_ _1_.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9%20%221%22.pdf", Assert.Single(answer.Content.Headers.GetValues("Content-Disposition")));
        Assert.Equal("r\u00e9sum\u00e9 \"1\".pdf", answer.Content.Headers.ContentDisposition?.FileNameStar);
    }

    [Fact]
    public async Task The_raw_message_is_saved_under_its_id()
    {
        var id = MessageId.New(TimeProvider.System);
        await account.Clients.Raw.GetBlobClient(BlobNames.Raw(id)).UploadAsync(new BinaryData("raw"), Cancel);
        var url = await Store.CreateLinkAsync(id, new(null, "message/rfc822", null), TimeProvider.System.GetUtcNow().AddHours(1), Cancel);
        using var answer = await Http.GetAsync(url, Cancel);
        Assert.Equal("raw", await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(("attachment", $"{id}.eml"), (answer.Content.Headers.ContentDisposition?.DispositionType, answer.Content.Headers.ContentDisposition?.FileName));
        Assert.Equal("message/rfc822", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("text/html\r\nX: y")]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("text/pl\u00e4in")]
    public async Task What_is_no_media_type_is_octets(string contentType)
    {
        var (id, content) = await WriteAsync("att-0", 10);
        using var answer = await Http.GetAsync(await Store.CreateLinkAsync(id, new("att-0", contentType, "a\r\nX: y"), TimeProvider.System.GetUtcNow().AddHours(1), Cancel), Cancel);
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("a__X: y", answer.Content.Headers.ContentDisposition?.FileNameStar);
        Assert.False(answer.Headers.Contains("X"));
    }

    [Fact]
    public async Task A_link_reads_nothing_else_changes_nothing_and_ends()
    {
        var (id, _) = await WriteAsync("att-0", 10);
        await Store.WritePartAsync(id, "att-1", new MemoryStream([1]), Cancel);
        var url = (await Store.CreateLinkAsync(id, new("att-0", "text/plain", null), TimeProvider.System.GetUtcNow().AddHours(1), Cancel)).AbsoluteUri;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(HttpMethod.Get, url));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, url.Replace("att-0", "att-1", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Put, url));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Delete, url));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, url.Replace("rsct=text%2Fplain", "rsct=text%2Fhtml", StringComparison.Ordinal)));
        var ended = await Store.CreateLinkAsync(id, new("att-0", "text/plain", null), TimeProvider.System.GetUtcNow().AddSeconds(-1), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(HttpMethod.Get, ended.AbsoluteUri));
    }

    [Theory]
    [InlineData("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf")]
    [InlineData("", "attachment")]
    [InlineData("../../etc/passwd", "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''.._.._etc_passwd")]
    [InlineData("a\\b\0c\u0085\x7f", "attachment; filename=\"a_b_c__\"; filename*=UTF-8''a_b_c__")]
    [InlineData("100%41;=", "attachment; filename=\"100_41;=\"; filename*=UTF-8''100%2541%3B%3D")]
    [InlineData("\U0001F600", "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%98%80")]
    public void A_strangers_file_name_is_encoded(string name, string expected) => Assert.Equal(expected, AttachmentName.Disposition(name));

    [Fact]
    public void A_long_file_name_is_cut_between_characters()
    {
        var name = AttachmentName.Disposition(new string('a', 252) + "\U0001F600.pdf");
        Assert.Equal("attachment; filename=\"_\"; filename*=UTF-8''%EF%BF%BD", AttachmentName.Disposition("\ud83d"));
        Assert.EndsWith("'" + new string('a', 252), name, StringComparison.Ordinal);
    }

    private async Task<(MessageId Id, byte[] Content)> WriteAsync(string part, int octets)
    {
        var (id, content) = (MessageId.New(TimeProvider.System), RandomNumberGenerator.GetBytes(octets));
        await Store.WritePartAsync(id, part, new MemoryStream(content), Cancel);
        return (id, content);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpMethod method, string url)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        request.Headers.Add("x-ms-version", "2026-06-06");
        request.Content = method == HttpMethod.Put ? new ByteArrayContent([1]) : null;
        using var answer = await Http.SendAsync(request, Cancel);
        return answer.StatusCode;
    }
}
