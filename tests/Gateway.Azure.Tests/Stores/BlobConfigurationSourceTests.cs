using System.Net;
using Gateway.Azure.Stores;
using Gateway.Testing.Azurite;

namespace Gateway.Azure.Tests.Stores;

/// <summary>What the blob costs and how its failures are told; the port's promises are tested in Gateway.Ports.Tests.</summary>
public sealed class BlobConfigurationSourceTests(AccountFixture account) : IClassFixture<AccountFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Polling_what_has_not_changed_moves_no_document()
    {
        var answers = new List<HttpStatusCode>();
        var source = new BlobConfigurationSource(Through(async (_, send) =>
        {
            var answer = await send();
            answers.Add(answer.StatusCode);
            return answer;
        }), "polled.json");
        var eTag = await source.WriteAsync(new byte[1000], null, Cancel);
        var first = await source.ReadAsync(Cancel);
        Assert.Same(first, await source.ReadAsync(Cancel));
        Assert.Same(first, await source.ReadAsync(Cancel));
        await source.WriteAsync(new byte[1000], eTag, Cancel);
        Assert.NotSame(first, await source.ReadAsync(Cancel));
        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.NotModified, HttpStatusCode.NotModified, HttpStatusCode.Created, HttpStatusCode.OK], answers);
    }

    [Fact]
    public async Task A_document_that_is_too_big_is_refused_by_its_length()
    {
        await account.Clients.Config.GetBlobClient("big.json").UploadAsync(new BinaryData(new byte[20_000_000]), overwrite: true, Cancel);
        var read = 0L;
        var source = new BlobConfigurationSource(Through(async (_, send) =>
        {
            var answer = await send();
            answer.Content = new StreamContent(new Counting(await answer.Content.ReadAsStreamAsync(Cancel), octets => read += octets)) { Headers = { ContentLength = answer.Content.Headers.ContentLength, LastModified = answer.Content.Headers.LastModified } };
            return answer;
        }), "big.json");
        await Assert.ThrowsAsync<IOException>(async () => await source.ReadAsync(Cancel));
        Assert.InRange(read, 0, 100_000);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "403")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "503")]
    [InlineData(null, "cannot be reached")]
    public async Task A_failure_names_the_blob_and_tells_no_secret(HttpStatusCode? status, string expected)
    {
        var source = new BlobConfigurationSource(Through((_, _) => status is { } code
            ? Task.FromResult(new HttpResponseMessage(code) { Content = new StringContent("hunter2") })
            : throw new HttpRequestException("hunter2")));
        foreach (var failing in (Func<Task>[])[async () => await source.ReadAsync(Cancel), async () => await source.WriteAsync("{}"u8.ToArray(), null, Cancel)])
        {
            var failure = await Assert.ThrowsAsync<IOException>(failing);
            Assert.Contains($"{account.Clients.Config.Name}/gateway.json", failure.Message, StringComparison.Ordinal);
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(AzuriteProcess.Key, failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_missing_container_is_a_failure_and_no_missing_document()
    {
        Assert.NotNull(account.Clients);
        var elsewhere = new StorageClients(AccountFixture.OptionsOf(new("", account.Options.ConnectionString!, null)), null);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await new BlobConfigurationSource(elsewhere).ReadAsync(Cancel));
        Assert.Contains("ContainerNotFound", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Giving_up_is_no_failure_of_the_service()
    {
        using var giveUp = new CancellationTokenSource();
        var source = new BlobConfigurationSource(Through(async (_, _) =>
        {
            await giveUp.CancelAsync();
            throw new OperationCanceledException(giveUp.Token);
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await source.ReadAsync(giveUp.Token));
    }

    [Fact]
    public async Task A_document_whose_answer_was_lost_is_written_and_another_is_not_taken_for_it()
    {
        var losing = 1;
        var source = new BlobConfigurationSource(Through(async (request, send) =>
        {
            var answer = await send();
            return request.Method != HttpMethod.Put || Interlocked.Exchange(ref losing, 0) == 0 ? answer : throw new HttpRequestException("lost");
        }, retries: 1), "lost.json");
        var first = await source.WriteAsync("1"u8.ToArray(), null, Cancel);
        Assert.Equal((await source.ReadAsync(Cancel))!.ETag, first);
        losing = 1;
        var second = await source.WriteAsync("2"u8.ToArray(), first, Cancel);
        Assert.Equal((await source.ReadAsync(Cancel))!.ETag, second);
        Assert.Null(await source.WriteAsync("2"u8.ToArray(), first, Cancel));
        Assert.Null(await source.WriteAsync("2"u8.ToArray(), null, Cancel));
    }

    private StorageClients Through(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> pass, int retries = 0)
    {
        Assert.NotNull(account.Clients);
        var options = new StorageOptions { ConnectionString = account.Options.ConnectionString, Prefix = account.Options.Prefix, MaxRetries = retries, TryTimeout = TimeSpan.FromSeconds(60) };
        return new(options, null, new Network(pass).Transport());
    }

    private sealed class Counting(Stream inner, Action<int> count) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var octets = await inner.ReadAsync(buffer, cancellationToken);
            count(octets);
            return octets;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
