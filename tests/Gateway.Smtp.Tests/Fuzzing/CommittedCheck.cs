using System.Security.Cryptography;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What the event of a message says is so.</summary>
internal static class CommittedCheck
{
    /// <exception cref="ViolationException">It is not.</exception>
    public static void Check(Committed message)
    {
        var (received, raw) = (message.Event, message.Raw);
        var problem = received.Octets != raw.Length ? "the size is another"
            : received.Sha256 != Convert.ToHexStringLower(SHA256.HashData(raw)) ? "the hash is another's"
            : !IsField(received.Received) ? "Received is no field"
            : received.Envelope.Recipients.Length is 0 or > 4 ? "too few recipients, or too many"
            : !received.Envelope.Recipients.All(IsOurs) ? "a recipient is not ours"
            : null;
        if (problem is not null)
        {
            throw new ViolationException(Invariant.Message, $"{problem}: {received}");
        }
    }

    private static bool IsField(string field) =>
        field.StartsWith("Received: ", StringComparison.Ordinal)
        && field.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Index().All(line => line.Item.All(IsText) && (line.Index == 0 || line.Item[0] is ' ' or '\t'));

    private static bool IsText(char c) => c == '\t' || (c >= ' ' && c != '\x7f');

    private static bool IsOurs(string recipient)
    {
        var domain = recipient[(recipient.LastIndexOf('@') + 1)..];
        return domain.Length == recipient.Length || AuthServer.Users.Domains.Any(rule => rule.Name.Equals(domain, StringComparison.OrdinalIgnoreCase));
    }
}
