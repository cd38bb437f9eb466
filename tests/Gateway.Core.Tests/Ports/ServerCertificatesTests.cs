using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Ports;

namespace Gateway.Core.Tests.Ports;

public sealed class ServerCertificatesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero);

    private readonly ServerCertificates _all = new(
        Make("CN=default.example", ["default.example"]),
        Make("CN=b.example", ["mx.b.example", "*.b.example", "c.example"]),
        Make("CN=other", ["mx.b.example", "*.b.example", "*.sub.b.example", "xn--mnchen-3ya.example"]),
        Make("CN=common.example", []),
        Make("CN=*.starred.example", []),
        Make("CN=hidden.example", ["shown.example"]));

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("default.example", 0)]
    [InlineData("mx.b.example", 1)] // the first of two
    [InlineData("MX.B.Example", 1)]
    [InlineData("c.example", 1)]
    [InlineData("any.b.example", 1)]
    [InlineData("ANY.b.EXAMPLE", 1)]
    [InlineData("xn--mnchen-3ya.b.example", 1)]
    [InlineData("xn--mnchen-3ya.example", 2)]
    [InlineData("a.sub.b.example", 2)]
    [InlineData("b.example", 0)] // a wildcard is one label,
    [InlineData("a.b.b.example", 0)] // no more,
    [InlineData(".b.example", 0)] // and not nothing
    [InlineData("*.b.example", 1)]
    [InlineData("common.example", 3)]
    [InlineData("a.starred.example", 4)]
    [InlineData("hidden.example", 0)] // where there is a subjectAltName the common name says nothing
    [InlineData("shown.example", 5)]
    [InlineData("unknown.example", 0)]
    [InlineData("example", 0)]
    public void The_certificate_is_chosen_by_what_the_client_asks_for(string? serverName, int expected) =>
        Assert.Same(_all.All[expected], _all.For(serverName));

    [Theory]
    [InlineData("*")]
    [InlineData("*.*.example")]
    [InlineData("m*.example")]
    [InlineData("a.*.example")]
    [InlineData("*x.example")]
    [InlineData("a b.example")]
    [InlineData("-a.example")]
    public void A_name_that_is_none_and_a_wildcard_within_a_label_count_for_nothing(string name)
    {
        var odd = Make("CN=odd", [name, "good.example"]);
        Assert.Equal(["good.example"], odd.Names());
    }

    [Fact]
    public void A_subjectAltName_without_hosts_leaves_the_common_name_out_too()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("postmaster@a.example");
        Assert.Empty(Make("CN=a.example", names.Build()).Names());
    }

    [Fact]
    public void A_subjectAltName_that_is_malformed_is_none() =>
        Assert.Empty(Make("CN=a.example", new X509Extension("2.5.29.17", [0x30, 0x05, 0x82, 0x7f, 0x61], critical: false)).Names());

    [Fact]
    public void The_first_to_end_is_the_end_of_all() => Assert.Equal(Now.UtcDateTime.AddDays(5), new ServerCertificates(
        Make("CN=a", [], days: 9), Make("CN=b", [], days: 5), Make("CN=c", [], days: 7)).NotAfter);

    [Fact]
    public void There_is_always_a_default() => Assert.Throws<ArgumentException>(() => new ServerCertificates([]));

    private static ServerCertificate Make(string subject, string[] names, int days = 30)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        Array.ForEach(names, alternatives.AddDnsName);
        return Make(subject, names.Length > 0 ? alternatives.Build() : null, days);
    }

    private static ServerCertificate Make(string subject, X509Extension? extension, int days = 30)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (extension is not null)
        {
            request.CertificateExtensions.Add(extension);
        }

        return new(request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(days)), [], subject);
    }
}
