using Gateway.Core.Ports;
using Gateway.Server.Serving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Server.Tests;

public sealed class SelfSignedCertificateTests
{
    [Fact]
    public async Task Ours_is_shown_until_there_is_another_and_never_after_it()
    {
        var vault = new Vault();
        var source = new SelfSignedCertificateSource(vault, "mx.example.com", TimeProvider.System, NullLogger<SelfSignedCertificateSource>.Instance);
        var own = await source.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(own!.Certificate.MatchesHostname("mx.example.com"));
        Assert.Same(own, await source.ReadAsync(TestContext.Current.CancellationToken));

        vault.Certificate = ServerCertificate.FromPkcs12(ServerCertificate.SelfSigned("mx.example.com", TimeProvider.System.GetUtcNow()), "The vault's");
        Assert.Same(vault.Certificate, await source.ReadAsync(TestContext.Current.CancellationToken));

        vault.Certificate = null; // null: the one in force stays
        Assert.Null(await source.ReadAsync(TestContext.Current.CancellationToken));
    }

    private sealed class Vault : ICertificateSource
    {
        public ServerCertificate? Certificate { get; set; }

        public ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel) => new(Certificate);
    }
}
