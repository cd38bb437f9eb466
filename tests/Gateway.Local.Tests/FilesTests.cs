using System.Text;
using Gateway.Local.Files;
using Gateway.Local.Storage;

namespace Gateway.Local.Tests;

public sealed class FilesTests : IDisposable
{
    private readonly TestDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_configuration_is_written_by_whoever_read_it_last()
    {
        var source = new FileConfigurationSource(_temp.File("gateway.json"));
        Assert.Null(await source.ReadAsync(default));
        var first = await source.WriteAsync("{}"u8.ToArray(), null, default);
        Assert.Null(await source.WriteAsync("[]"u8.ToArray(), null, default));
        var second = await source.WriteAsync("[]"u8.ToArray(), first, default);
        var text = await source.ReadAsync(default);
        Assert.Equal(("[]", second), (Encoding.UTF8.GetString(text!.Octets.Span), text.ETag));
    }

    [Fact]
    public async Task A_configuration_over_the_limit_is_not_read()
    {
        await using (var file = File.Create(_temp.File("gateway.json")))
        {
            file.SetLength(5 * 1024 * 1024);
        }

        await Assert.ThrowsAsync<IOException>(async () => await new FileConfigurationSource(_temp.File("gateway.json")).ReadAsync(default));
    }

    [Fact]
    public async Task A_certificate_is_made_once_and_names_the_host()
    {
        using var data = DataDirectory.Open(_temp.Path);
        var source = new FileCertificateSource(data, "gateway.localhost", TimeProvider.System);
        var made = await source.ReadAsync(default);
        var again = await source.ReadAsync(default);
        Assert.Equal(made!.Version, again!.Version);
        Assert.True(made.Certificate.HasPrivateKey);
        Assert.True(made.Certificate.MatchesHostname("gateway.localhost"));
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_is_an_error_that_holds_nothing_of_it()
    {
        using var data = DataDirectory.Open(_temp.Path);
        await File.WriteAllTextAsync(_temp.File(FileCertificateSource.FileName), "not a certificate", TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await new FileCertificateSource(data, "a.example", TimeProvider.System).ReadAsync(default));
        Assert.Contains(FileCertificateSource.FileName, failure.Message, StringComparison.Ordinal);
    }
}
