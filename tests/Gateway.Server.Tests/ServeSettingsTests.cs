using System.Collections;
using Gateway.Azure;
using Gateway.Server.Serving;
using Gateway.Smtp;

namespace Gateway.Server.Tests;

public sealed class ServeSettingsTests
{
    private const string Secret = "c2VjcmV0";

    [Fact]
    public void Azure_is_chosen_by_what_is_set()
    {
        var settings = ServeSettings.Read(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_Storage__BlobEndpoint"] = "https://mail.blob.core.windows.net/",
            ["GATEWAY_Storage__TableEndpoint"] = "https://mail.table.core.windows.net/",
            ["GATEWAY_Storage__TryTimeout"] = "00:00:05",
            ["GATEWAY_Bus__Namespace"] = "mail.servicebus.windows.net",
            ["GATEWAY_Credential__Kind"] = "WorkloadIdentity",
            ["GATEWAY_Intake__MaxHeldOctets"] = "134217728",
            ["GATEWAY_Stages__InProcess"] = "true",
        });
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Azure!.Storage.TryTimeout);
        Assert.Equal("mail.servicebus.windows.net", settings.Azure.Bus.Namespace);
        Assert.Equal(CredentialKind.WorkloadIdentity, settings.Credential.Kind);
        Assert.Equal((134_217_728L, true, null), (settings.Azure.Intake.MaxHeldOctets, settings.Azure.Stages.InProcess, settings.Azure.Configuration.Blob));
    }

    [Fact]
    public void Listeners_of_each_kind_are_as_many_as_are_named()
    {
        var settings = ServeSettings.Read(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_Listeners__Mx"] = "0.0.0.0:25, [::1]:25",
            ["GATEWAY_Listeners__Submission"] = "127.0.0.1:587",
            ["GATEWAY_Listeners__Submissions"] = "[2001:db8::1]:465",
        });
        Assert.Equal(
            ["Mx 0.0.0.0:25", "Mx [::1]:25", "Submission 127.0.0.1:587", "Submissions [2001:db8::1]:465"],
            settings.Listeners.ToListeners(new(System.Net.IPAddress.Any, 2525)).Select(listener => $"{listener.Kind} {listener.Endpoint}"));
    }

    [Fact]
    public void A_listener_that_is_not_named_is_where_the_command_line_says_or_nowhere() =>
        Assert.Equal([new(ListenerKind.Mx, new(System.Net.IPAddress.Any, 2525))], new ListenerSettings().ToListeners(new(System.Net.IPAddress.Any, 2525)));

    [Fact]
    public void What_is_no_listener_is_told() => Assert.Equal(
        [
            "GATEWAY_Listeners__Mx has 25, which is not ADDRESS:PORT, such as 0.0.0.0:2525 or [::]:2525",
            "GATEWAY_Listeners__Submission has , which is not ADDRESS:PORT, such as 0.0.0.0:2525 or [::]:2525",
            "GATEWAY_Listeners__Submission has ::1:587, which is not ADDRESS:PORT, such as 0.0.0.0:2525 or [::]:2525",
        ],
        Mistakes(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_Listeners__Mx"] = "0.0.0.0:25,25",
            ["GATEWAY_Listeners__Submission"] = "0.0.0.0:587,,::1:587",
        }));

    [Fact]
    public void Without_storage_and_bus_the_store_is_local() =>
        Assert.Null(ServeSettings.Read(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", ["GATEWAY_STORAGE"] = "of the tests" }).Azure);

    [Theory]
    [InlineData("GATEWAY_Bus__Namespace", "mail.servicebus.windows.net", "GATEWAY_Storage__BlobEndpoint is missing", "GATEWAY_Storage__TableEndpoint is missing")]
    [InlineData("GATEWAY_Storage__ConnectionString", "UseDevelopmentStorage=true", "GATEWAY_Bus__Namespace is missing")]
    public void Half_of_Azure_is_no_place_for_mail(string name, string value, params string[] mistakes)
    {
        var told = Mistakes(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", [name] = value });
        Assert.Equal(mistakes, told);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_and_no_secret()
    {
        var told = Mistakes(new Hashtable
        {
            ["GATEWAY_Storage__ConnectionString"] = $"AccountName=real;AccountKey={Secret};EndpointSuffix=core.windows.net",
            ["GATEWAY_Storage__Prefix"] = "Not-A-Prefix",
            ["GATEWAY_Bus__ConnectionString"] = $"Endpoint=sb://mail.servicebus.windows.net;SharedAccessKeyName=a;SharedAccessKey={Secret}",
            ["GATEWAY_Bus__Colour"] = "blue",
            ["GATEWAY_Buss__Namespace"] = "x",
            ["GATEWAY_Credential__ClientId"] = "me",
            ["GATEWAY_Certificate__Secret"] = "mx",
            ["GATEWAY_Certificate__KeyFile"] = "key.pem",
            ["GATEWAY_Configuration__PollInterval"] = "often",
            ["GATEWAY_Intake__CommitTimeout"] = "00:00:01",
            ["GATEWAY_Stages__InProcess"] = "perhaps",
        });
        foreach (var part in (string[])[
            "GATEWAY_Smtp__Hostname is missing", "GATEWAY_Storage__ConnectionString is for emulators only", "GATEWAY_Storage__Prefix must be",
            "GATEWAY_Bus__ConnectionString is for emulators only", "no setting GATEWAY_Bus__Colour", "no setting GATEWAY_Buss__Namespace",
            "GATEWAY_Credential__ClientId must be a GUID", "GATEWAY_KeyVault__Endpoint is missing", "GATEWAY_Certificate__KeyFile goes with",
            "GATEWAY_Configuration__PollInterval must be a time", "GATEWAY_Intake__CommitTimeout must be between", "GATEWAY_Stages__InProcess must be true or false"])
        {
            Assert.Single(told, mistake => mistake.Contains(part, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(Secret, string.Concat(told), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GATEWAY_Certificate__File", "", "GATEWAY_Certificate__File is empty: set it or leave it out")]
    [InlineData("GATEWAY_Certificate__KeyFile", " ", "GATEWAY_Certificate__KeyFile is empty: set it or leave it out")]
    [InlineData("GATEWAY_Certificate__Secret", "mx/0123", "GATEWAY_Certificate__Secret must be 1 to 127 letters, digits and hyphens, or several of these with commas between")]
    [InlineData("GATEWAY_Storage__ConnectionString", "AccountName=devstoreaccount1;AccountKey=!c2VjcmV0", "GATEWAY_Storage__ConnectionString is not a connection string: AccountName and AccountKey, with BlobEndpoint and TableEndpoint where they are elsewhere")]
    [InlineData("GATEWAY_Bus__ConnectionString", "UseDevelopmentEmulator=true;SharedAccessKey=c2VjcmV0", "GATEWAY_Bus__ConnectionString is not a connection string of a namespace with Endpoint, SharedAccessKeyName and SharedAccessKey")]
    public void What_no_adapter_could_begin_with_is_a_mistake_and_not_a_crash(string name, string value, string mistake)
    {
        var told = Mistakes(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_Storage__ConnectionString"] = "UseDevelopmentStorage=true",
            ["GATEWAY_Bus__ConnectionString"] = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;",
            ["GATEWAY_KeyVault__Endpoint"] = "https://mail.vault.azure.net/",
            [name] = value,
        });
        Assert.Equal([mistake], told);
    }

    [Fact]
    public void Several_certificates_are_named_with_commas_between()
    {
        var files = ServeSettings.Read(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_Certificate__File"] = "/tls/a.pem, /tls/b.pem,/tls/c.pem",
            ["GATEWAY_Certificate__KeyFile"] = "/tls/a.key,/tls/b.key , /tls/a.key",
        }).Certificate;
        Assert.Equal([("/tls/a.pem", "/tls/a.key"), ("/tls/b.pem", "/tls/b.key"), ("/tls/c.pem", "/tls/a.key")], files.FilePairs());
        Assert.Empty(files.Secrets());
        Assert.Equal([("/tls/a.pfx", null), ("/tls/b.pfx", null)], new CertificateSettings { File = "/tls/a.pfx,/tls/b.pfx" }.FilePairs());

        var secrets = new CertificateSettings { Secret = "mx-a, mx-b" };
        Assert.Equal(["mx-a", "mx-b"], secrets.Secrets());
        Assert.Empty(secrets.FilePairs());
        Assert.Empty(secrets.Problems(new() { Endpoint = new("https://mail.vault.azure.net/") }));
    }

    [Fact]
    public void Mistakes_in_lists_of_certificates_are_told_at_once()
    {
        Assert.Equal(
            [
                "GATEWAY_Certificate__*: File and Secret do not go together",
                "GATEWAY_Certificate__KeyFile has 2 entries and File has 3: as many, in one order, or no KeyFile at all",
                "GATEWAY_Certificate__File has an entry twice",
                "GATEWAY_Certificate__KeyFile has an empty entry",
                "GATEWAY_Certificate__Secret has an empty entry",
                "GATEWAY_Certificate__Secret has an entry twice",
                "GATEWAY_Certificate__Secret must be 1 to 127 letters, digits and hyphens, or several of these with commas between",
                "GATEWAY_KeyVault__Endpoint is missing, which Certificate:Secret needs",
            ],
            Mistakes(new Hashtable
            {
                ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
                ["GATEWAY_Certificate__File"] = "a.pem,b.pem,a.pem",
                ["GATEWAY_Certificate__KeyFile"] = "a.key,",
                ["GATEWAY_Certificate__Secret"] = "mx,MX,,m/x",
            }));
    }

    [Fact]
    public void Clients_are_asked_for_certificates_only_where_that_is_set()
    {
        Assert.Equal(ClientCertificates.Ignore, ServeSettings.Read(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com" }).Smtp.ClientCertificates);
        Assert.Equal(
            ClientCertificates.Request,
            ServeSettings.Read(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", ["GATEWAY_Smtp__ClientCertificates"] = "Request" }).Smtp.ClientCertificates);
        foreach (var wrong in (string[])["Require", "7"])
        {
            Assert.Contains(
                "GATEWAY_Smtp__ClientCertificates",
                Assert.Single(Mistakes(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", ["GATEWAY_Smtp__ClientCertificates"] = wrong })),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Who_may_tell_addresses_is_set_with_the_mode()
    {
        var settings = ServeSettings.Read(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_ClientIp__Mode"] = "ProxyRequired",
            ["GATEWAY_ClientIp__TrustedNetworks"] = "10.1.0.0/24,192.0.2.9",
            ["GATEWAY_ClientIp__HeaderTimeout"] = "00:00:05",
        });
        Assert.Equal(
            (ClientIpMode.ProxyRequired, "10.1.0.0/24,192.0.2.9", TimeSpan.FromSeconds(5)),
            (settings.ClientIp.Mode, settings.ClientIp.TrustedNetworks, settings.ClientIp.HeaderTimeout));
    }

    [Fact]
    public void Addresses_that_anybody_could_claim_are_mistakes()
    {
        var told = Mistakes(new Hashtable
        {
            ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
            ["GATEWAY_ClientIp__Mode"] = "ProxyRequired",
            ["GATEWAY_ClientIp__TrustedNetworks"] = "0.0.0.0/0",
            ["GATEWAY_ClientIp__HeaderTimeout"] = "01:00:00",
        });
        Assert.Equal(
            ["GATEWAY_ClientIp__TrustedNetworks has 0.0.0.0/0, which is more than any network of proxies: /8 of IPv4 or /16 of IPv6 at most, since everybody in it could claim any address", "GATEWAY_ClientIp__HeaderTimeout must be between 3 seconds and 1 minute"],
            told);
        Assert.Equal(
            ["GATEWAY_ClientIp__Mode must be one of Direct, ProxyRequired, Unavailable"],
            Mistakes(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", ["GATEWAY_ClientIp__Mode"] = "Guess" }));
    }

    [Theory]
    [InlineData("InstrumentationKey=9c0d2f0e-6f5b-4f6e-9d0a-3d8f6f1a2b3c", true)]
    [InlineData("InstrumentationKey=9c0d2f0e-6f5b-4f6e-9d0a-3d8f6f1a2b3c;IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;LiveEndpoint=https://x/;ApplicationId=9c0d2f0e", true)]
    [InlineData("IngestionEndpoint=https://x/;InstrumentationKey=9c0d2f0e-6f5b-4f6e-9d0a-3d8f6f1a2b3c;", true)]
    [InlineData("", true)]
    [InlineData("c2VjcmV0", false)]
    [InlineData("InstrumentationKey=c2VjcmV0", false)]
    [InlineData("IngestionEndpoint=https://c2VjcmV0/", false)]
    public void A_connection_to_Application_Insights_is_looked_at_before_it_is_used(string text, bool isGood)
    {
        var environment = new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = text };
        if (isGood)
        {
            ServeSettings.Read(environment);
            return;
        }

        var told = Assert.Single(Mistakes(environment));
        Assert.StartsWith("APPLICATIONINSIGHTS_CONNECTION_STRING is not a connection string", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_of_Azure_do_nothing_for_a_local_store_and_that_is_told()
    {
        var told = Mistakes(new Hashtable { ["GATEWAY_Smtp__Hostname"] = "mx.example.com", ["GATEWAY_Stages__InProcess"] = "false" });
        Assert.StartsWith("GATEWAY_Stages__*: goes with Storage and Bus", Assert.Single(told), StringComparison.Ordinal);
    }

    private static string[] Mistakes(Hashtable environment) =>
        Assert.Throws<UsageException>(() => ServeSettings.Read(environment)).Message.Split($"{Environment.NewLine}gateway: ");
}
