using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>A shared access signature whose signature holds: for a resource, until a time.</summary>
/// <remarks><c>Resource</c> is as the client wrote it, an address with any scheme.</remarks>
internal sealed record SharedAccessToken(Uri Resource, DateTimeOffset Expiry)
{
    private const string Prefix = "SharedAccessSignature ";

    /// <summary>Reads and checks <c>SharedAccessSignature sr=…&amp;sig=…&amp;se=…&amp;skn=…</c>. False, without a reason, for all that does not hold.</summary>
    public static bool TryRead(string token, string keyName, string key, DateTimeOffset now, [NotNullWhen(true)] out SharedAccessToken? read)
    {
        read = null;
        if (!token.StartsWith(Prefix, StringComparison.Ordinal) || token.Length > 8192)
        {
            return false;
        }

        var fields = token[Prefix.Length..].Split('&').Select(field => field.Split('=', 2)).Where(field => field.Length == 2)
            .DistinctBy(field => field[0]).ToDictionary(field => field[0], field => field[1], StringComparer.Ordinal);
        if (!fields.TryGetValue("sr", out var resource)
            || !fields.TryGetValue("sig", out var signature)
            || !fields.TryGetValue("se", out var expiry)
            || !long.TryParse(WebUtility.UrlDecode(expiry), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            || WebUtility.UrlDecode(fields.GetValueOrDefault("skn")) != keyName
            || !Uri.TryCreate(WebUtility.UrlDecode(resource), UriKind.Absolute, out var address))
        {
            return false;
        }

        // The signature is over the resource as it stands in the token, still encoded.
        var signed = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{resource}\n{WebUtility.UrlDecode(expiry)}"));
        var given = new byte[signed.Length];
        read = new(address, DateTimeOffset.FromUnixTimeSeconds(seconds));
        return Convert.TryFromBase64String(WebUtility.UrlDecode(signature), given, out var octets)
            && octets == signed.Length
            && CryptographicOperations.FixedTimeEquals(signed, given)
            && read.Expiry > now;
    }

    /// <summary>True when the token's resource is the audience or stands above it.</summary>
    public bool Covers(Uri audience) =>
        Resource.Host.Equals(audience.Host, StringComparison.OrdinalIgnoreCase) && TokenPath.Covers(PathOf(Resource), PathOf(audience));

    public static string PathOf(Uri address) => Uri.UnescapeDataString(address.AbsolutePath).Trim('/');
}
