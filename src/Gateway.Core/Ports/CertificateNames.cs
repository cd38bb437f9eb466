using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Core.Ports;

/// <summary>Which hosts a certificate is for.</summary>
internal static class CertificateNames
{
    private const string CommonName = "2.5.4.3";

    /// <summary>
    /// The dNSNames of the subjectAltName; the common name counts only where there is no subjectAltName (RFC 6125 section 6.4.4). A wildcard stands for
    /// a whole left-most label or the name is left out, as is every name that is no domain name.
    /// </summary>
    public static ImmutableArray<string> Of(X509Certificate2 certificate)
    {
        try
        {
            var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToList();
            var names = alternatives.Count > 0 ? alternatives.SelectMany(extension => extension.EnumerateDnsNames()) : CommonNames(certificate);
            return [.. names.Where(name => DomainName.IsValid(name.StartsWith("*.", StringComparison.Ordinal) ? name.AsSpan(2) : name))];
        }
        catch (CryptographicException)
        {
            return []; // malformed: it can still be the default
        }
    }

    private static IEnumerable<string> CommonNames(X509Certificate2 certificate) => certificate.SubjectName.EnumerateRelativeDistinguishedNames()
        .Where(name => !name.HasMultipleElements && name.GetSingleElementType().Value == CommonName)
        .Select(name => name.GetSingleElementValue())
        .OfType<string>();
}
