using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Gateway.Testing.Azurite;

namespace Gateway.Azure.Tests.Stores;

/// <summary>Storage that is entered with a token over TLS, as a real account is; Azurite looks at a token's claims and not at its signature.</summary>
public sealed class SecureAzurite : IAsyncLifetime
{
    private readonly TestDirectory _temp = new();
    private readonly X509Certificate2 _certificate;
    private AzuriteProcess? _azurite;
    private string? _unavailable;

    public SecureAzurite()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        _temp.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        _temp.Write("certificate.pem", _certificate.ExportCertificatePem());
    }

    /// <summary>Who Azurite is told that we are.</summary>
    internal static TokenCredential Token { get; } = new UnsignedToken();

    /// <summary>How many user delegation keys were asked for.</summary>
    public int KeysAsked { get; private set; }

    public async ValueTask InitializeAsync()
    {
        try
        {
            _azurite = await AzuriteProcess.StartAsync(["--oauth", "basic", "--cert", _temp.File("certificate.pem"), "--key", _temp.File("key.pem")], CancellationToken.None);
        }
        catch (AzuriteUnavailableException e)
        {
            _unavailable = $"No storage to test against: Azurite cannot be run: {e.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
        _certificate.Dispose();
        _temp.Dispose();
    }

    /// <summary>Trusts this certificate and no other.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 certificate && certificate.RawDataMemory.Span.SequenceEqual(_certificate.RawData),
        },
    };

    /// <summary>Clients with a token; skips the test when there is no storage.</summary>
    internal StorageClients Clients()
    {
        Assert.SkipWhen(_unavailable is not null, _unavailable ?? "");
        var options = new StorageOptions { BlobEndpoint = _azurite!.BlobEndpoint, TableEndpoint = _azurite.TableEndpoint, TryTimeout = TimeSpan.FromSeconds(60) };
        Assert.Empty(options.Problems());
        var counting = new Network((request, send) =>
        {
            KeysAsked += request.RequestUri!.Query.Contains("comp=userdelegationkey", StringComparison.Ordinal) ? 1 : 0;
            return send();
        }, Handler());
        return new(options, Token, counting.Transport());
    }

    private sealed class UnsignedToken : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            var now = TimeProvider.System.GetUtcNow();
            var claims = new Dictionary<string, object>
            {
                ["aud"] = "https://storage.azure.com",
                ["iss"] = "https://sts.windows.net/11111111-1111-1111-1111-111111111111/",
                ["tid"] = "11111111-1111-1111-1111-111111111111",
                ["oid"] = "22222222-2222-2222-2222-222222222222",
                ["iat"] = now.AddMinutes(-5).ToUnixTimeSeconds(),
                ["nbf"] = now.AddMinutes(-5).ToUnixTimeSeconds(),
                ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
            };
            return new($"{Encode("""{"alg":"none","typ":"JWT"}""")}.{Encode(JsonSerializer.Serialize(claims))}.{Encode("unsigned")}", now.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));

        private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }
}
