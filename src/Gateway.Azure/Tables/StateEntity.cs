using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Gateway.Core.Ports;

namespace Gateway.Azure.Tables;

/// <summary>
/// How a value stands in the table: one entity, so that it changes whole. Its octets are spread over properties, since one holds 64 KiB.
/// </summary>
internal static class StateEntity
{
    public const int Buckets = 16;

    /// <summary>Milliseconds since 1970; <see cref="Never"/> when the value does not expire, so that a filter finds the property everywhere.</summary>
    public const string Expires = "Expires";

    /// <summary>A number of the writing that made the entity.</summary>
    public const string Writing = "Writing";

    public const long Never = long.MaxValue;

    private const int PropertyOctets = 64 * 1024;

    /// <summary>
    /// A partition is served by one server, so a collection has several (decision 006). The bucket is in all that is stored: neither the hash
    /// nor the number may ever change.
    /// </summary>
    public static string Partition(string collection, int bucket) => string.Create(CultureInfo.InvariantCulture, $"{collection}|{bucket:x}");

    public static string Partition(StateKey key) => Partition(key.Collection, BucketOf(key.Id));

    public static TableEntity Of(StateKey key, ReadOnlySpan<byte> value, DateTimeOffset? expires, long writing)
    {
        var entity = new TableEntity(Partition(key), key.Id)
        {
            [Expires] = expires?.ToUnixTimeMilliseconds() ?? Never,
            [Writing] = writing,
        };
        for (var part = 0; part * PropertyOctets < value.Length; part++)
        {
            var rest = value[(part * PropertyOctets)..];
            entity[Property(part)] = rest[..Math.Min(PropertyOctets, rest.Length)].ToArray();
        }

        return entity;
    }

    public static byte[] Value(TableEntity entity)
    {
        var value = new MemoryStream();
        for (var part = 0; entity.GetBinary(Property(part)) is { } octets; part++)
        {
            value.Write(octets);
        }

        return value.ToArray();
    }

    public static long ExpiresOf(TableEntity entity) => entity.GetInt64(Expires) ?? Never;

    private static int BucketOf(string id) => SHA256.HashData(Encoding.ASCII.GetBytes(id))[0] % Buckets;

    private static string Property(int part) => string.Create(CultureInfo.InvariantCulture, $"Value{part}");
}
