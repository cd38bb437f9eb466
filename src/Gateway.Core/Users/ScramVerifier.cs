using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Core.Users;

/// <summary>
/// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677): enough to recognise it, not enough to log in with. PLAIN and LOGIN
/// are checked against the same. Passwords are octets as the client sent them: SASLprep (RFC 4013) is not applied, and leaves ASCII as it is.
/// </summary>
/// <remarks>
/// As text it is <c>SCRAM-SHA-256$&lt;iterations&gt;:&lt;salt&gt;$&lt;StoredKey&gt;:&lt;ServerKey&gt;</c>, the last three in base64: the form that PostgreSQL
/// keeps in pg_authid. Whoever has it can guess passwords at leisure, and play this server to the user's client: it is a secret, and nothing prints it by chance.
/// </remarks>
public sealed partial class ScramVerifier
{
    /// <summary>The least that RFC 7677 section 4 allows.</summary>
    public const int MinIterations = 4_096;

    /// <summary>About half a second of one core for each PLAIN or LOGIN; our own.</summary>
    public const int MaxIterations = 1_000_000;

    /// <summary>About 0.1 seconds of one core, which RFC 7677 section 4 asks for.</summary>
    public const int DefaultIterations = 200_000;

    /// <summary>Longest password that is taken, in octets; RFC 4616 section 2 asks for 255, and generated ones are longer.</summary>
    public const int MaxPasswordOctets = 1_024;

    public const int MinSaltOctets = 8;
    public const int MaxSaltOctets = 64;
    public const int DefaultSaltOctets = 16;

    /// <summary>Octets of a key: those of SHA-256.</summary>
    public const int KeyOctets = SHA256.HashSizeInBytes;

    private const int MaxTextLength = 512; // more than the longest that is valid

    private readonly byte[] _salt;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    /// <exception cref="ArgumentOutOfRangeException">A number or a length is not within the limits above.</exception>
    public ScramVerifier(int iterations, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> storedKey, ReadOnlySpan<byte> serverKey)
    {
        CheckRange(iterations, MinIterations, MaxIterations, nameof(iterations));
        CheckRange(salt.Length, MinSaltOctets, MaxSaltOctets, nameof(salt));
        CheckRange(storedKey.Length, KeyOctets, KeyOctets, nameof(storedKey));
        CheckRange(serverKey.Length, KeyOctets, KeyOctets, nameof(serverKey));
        (Iterations, _salt, _storedKey, _serverKey) = (iterations, salt.ToArray(), storedKey.ToArray(), serverKey.ToArray());
    }

    public int Iterations { get; }

    public ReadOnlySpan<byte> Salt => _salt;

    /// <summary>The hash of the client's key: proofs are checked against it.</summary>
    public ReadOnlySpan<byte> StoredKey => _storedKey;

    /// <summary>Signs what the server says last, so that the client knows it too.</summary>
    public ReadOnlySpan<byte> ServerKey => _serverKey;

    /// <summary>For a password, under a salt drawn by lot.</summary>
    public static ScramVerifier Create(ReadOnlySpan<byte> password, int iterations = DefaultIterations) =>
        Create(password, iterations, RandomNumberGenerator.GetBytes(DefaultSaltOctets));

    /// <summary>For a password, under a salt of the caller's.</summary>
    public static ScramVerifier Create(ReadOnlySpan<byte> password, int iterations, ReadOnlySpan<byte> salt)
    {
        Span<byte> salted = stackalloc byte[KeyOctets];
        Span<byte> storedKey = stackalloc byte[KeyOctets];
        Span<byte> serverKey = stackalloc byte[KeyOctets];
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(password, salt, salted, iterations, HashAlgorithmName.SHA256);
            DeriveStoredKey(salted, storedKey);
            HMACSHA256.HashData(salted, "Server Key"u8, serverKey);
            return new(iterations, salt, storedKey, serverKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
        }
    }

    /// <summary>Reads the text form.</summary>
    /// <param name="text">As from a configuration document; of any length.</param>
    /// <param name="verifier">Null when there is a problem.</param>
    /// <param name="problem">What is wrong, to be put behind the name of the place; it never holds a piece of the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ScramVerifier? verifier, [NotNullWhen(false)] out string? problem)
    {
        (verifier, problem) = (null, null);
        if (text.Length > MaxTextLength || Form.Match(text) is not { Success: true } match)
        {
            problem = "must be SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, as `gateway users hash` makes it, and not a password";
            return false;
        }

        var iterations = int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        var (salt, storedKey, serverKey) = (Decode(match.Groups[2]), Decode(match.Groups[3]), Decode(match.Groups[4]));
        problem = iterations is < MinIterations or > MaxIterations ? Invariant($"must have {MinIterations} to {MaxIterations} iterations")
            : salt is not { Length: >= MinSaltOctets and <= MaxSaltOctets } ? $"must have a salt of {MinSaltOctets} to {MaxSaltOctets} octets in base64"
            : storedKey?.Length != KeyOctets ? $"must have a StoredKey of {KeyOctets} octets in base64"
            : serverKey?.Length != KeyOctets ? $"must have a ServerKey of {KeyOctets} octets in base64"
            : null;
        verifier = problem is null ? new(iterations, salt, storedKey, serverKey) : null;
        return verifier is not null;
    }

    /// <summary>The text form: a secret, for a configuration document and nothing else.</summary>
    public string ToSecretText() =>
        Invariant($"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(_salt)}${Convert.ToBase64String(_storedKey)}:{Convert.ToBase64String(_serverKey)}");

    /// <summary>
    /// Whether this is the password. It costs <see cref="Iterations"/> rounds of HMAC, about half a microsecond each, whatever the answer: not for a thread
    /// that others wait for.
    /// </summary>
    public bool Verifies(ReadOnlySpan<byte> password)
    {
        Span<byte> key = stackalloc byte[KeyOctets];
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(password, _salt, key, Iterations, HashAlgorithmName.SHA256);
            DeriveStoredKey(key, key);
            return CryptographicOperations.FixedTimeEquals(key, _storedKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Without salt and keys.</summary>
    public override string ToString() => Invariant($"SCRAM-SHA-256, {Iterations} iterations");

    private static void DeriveStoredKey(ReadOnlySpan<byte> saltedPassword, Span<byte> storedKey)
    {
        Span<byte> clientKey = stackalloc byte[KeyOctets];
        HMACSHA256.HashData(saltedPassword, "Client Key"u8, clientKey);
        SHA256.HashData(clientKey, storedKey);
        CryptographicOperations.ZeroMemory(clientKey); // with it one could log in
    }

    private static byte[]? Decode(Group base64) => StrictBase64.TryDecode(Encoding.ASCII.GetBytes(base64.Value), out var octets) ? octets : null;

    private static void CheckRange(int value, int least, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    [GeneratedRegex(@"^SCRAM-SHA-256\$([1-9][0-9]{0,8}):([A-Za-z0-9+/=]*)\$([A-Za-z0-9+/=]*):([A-Za-z0-9+/=]*)\z")]
    private static partial Regex Form { get; }
}
