using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Whatever the octets are, the answer is a configuration or errors, and never an exception.</summary>
public sealed class ConfigurationFuzzTests
{
    private static readonly byte[][] Pieces =
    [
        [.. "\""u8], [.. "\\"u8], [.. "\\ud800"u8], [.. "null"u8], [.. "[]"u8], [.. "{}"u8], [.. "{"u8], [.. "["u8], [.. "}"u8], [.. "]"u8], [.. ","u8], [.. ":"u8],
        [.. "1e999"u8], [.. "-0"u8], [.. "2147483648"u8], [.. "true"u8], [.. "\"\""u8], [.. "\"*\""u8], [.. "/*"u8], [.. "//"u8], [.. "\n"u8], [0], [0xFF], [0xC3, 0xA9],
        [.. "\"version\":1,"u8], [.. "\"env:\""u8], [.. "\"http://[::1%25]:0/\""u8], [.. "\"keyvault:\""u8], [.. "@"u8], [.. "+"u8],
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(20261124)]
    public void A_mutated_document_is_a_value(int seed)
    {
        var random = new Random(seed);
        var documents = ConfigurationCase.Names().Select(row => ConfigurationCase.Read(row.Data).Document).ToArray();
        var valid = 0;
        for (var round = 0; round < 10_000; round++)
        {
            var octets = Mutate(random, documents[random.Next(documents.Length)]);
            try
            {
                var result = ConfigurationDocument.Parse(octets);
                Assert.Equal(result.Configuration is null, result.Errors.Length > 0);
                Assert.All(result.Errors, error => Assert.True(error.Path.Length > 0 && error.Reason.Length > 0));
                valid += result.Configuration is null ? 0 : 1;
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Round {round} of seed {seed}: {e}\n{Convert.ToBase64String(octets)}");
            }
        }

        Assert.InRange(valid, 1, 9_999); // both kinds were met, else the mutations are too strong or too weak
    }

    private static byte[] Mutate(Random random, byte[] document)
    {
        var octets = document.ToList();
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(octets.Count + 1);
            var length = Math.Min(random.Next(1, 20), octets.Count - at);
            switch (random.Next(5))
            {
                case 0:
                    octets.RemoveRange(at, length);
                    break;
                case 1:
                    octets.InsertRange(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    octets.InsertRange(at, octets.GetRange(random.Next(octets.Count + 1 - length), length));
                    break;
                case 3 when at < octets.Count:
                    octets[at] = (byte)random.Next(256);
                    break;
                default:
                    octets.RemoveRange(at, length);
                    octets.InsertRange(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }

        return [.. octets];
    }
}
