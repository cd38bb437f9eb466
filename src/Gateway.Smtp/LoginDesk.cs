using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Users;

namespace Gateway.Smtp;

/// <summary>Knows the users of a server and checks passwords; shared by all its sessions.</summary>
/// <remarks>
/// What a stranger can make it compute: a password of PLAIN or LOGIN costs the iterations of a verifier, some 0.1 s of a core, and there is one check at a
/// time for every two cores, however many connections ask. A connection has <see cref="SmtpOptions.MaxAuthFailures"/> wrong ones, with
/// <see cref="SmtpOptions.AuthFailureDelay"/> after each, and who gets no turn within <see cref="SmtpOptions.AuthCheckTimeout"/> is told 454. SCRAM costs
/// three hashes, and goes on while passwords queue.
/// </remarks>
/// <param name="configuration">The one in force; null while there is none.</param>
/// <param name="turns">Passwords that are checked at one time; null: one for every two cores.</param>
#pragma warning disable CA1001 // the semaphore holds no handle as long as nobody asks for its WaitHandle
internal sealed class LoginDesk(Func<GatewayConfiguration?> configuration, int? turns = null)
#pragma warning restore CA1001
{
    // Of this process alone. Were it made of the verifiers, so that replicas agree, a made-up salt would let strangers test guesses of passwords at leisure.
    private readonly byte[] _decoyKey = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    internal SemaphoreSlim Turns { get; } = new(turns ?? Math.Max(1, Environment.ProcessorCount / 2));

    public GatewayConfiguration? Configuration => configuration();

    /// <summary>
    /// The user's verifier; for any other name one that nothing satisfies, with a salt and a number of iterations as a user has, and the same each time: so
    /// neither what SCRAM answers nor how long a password takes tells who exists. Another replica, or this one after a restart, makes up another salt.
    /// </summary>
    public ScramVerifier Find(GatewayConfiguration configuration, string name)
    {
        var decoy = MakeUp(configuration, name); // for a user too: the same work
        return configuration.FindUser(name)?.Verifier ?? decoy;
    }

    /// <summary>Whether this is still the name of a user: a new configuration may have none of it.</summary>
    public bool Knows(string name) => configuration()?.FindUser(name) is not null;

    /// <summary>Whether this is the password. It waits for its turn, and does not run on the caller's thread, which may be the one that serves all sockets.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before its turn came.</exception>
    public async ValueTask<bool> CheckAsync(ScramVerifier verifier, byte[] password, CancellationToken cancel)
    {
        await Turns.WaitAsync(cancel);
        try
        {
            await Task.Yield(); // to a thread of the pool
            return verifier.Verifies(password);
        }
        finally
        {
            Turns.Release();
        }
    }

    private ScramVerifier MakeUp(GatewayConfiguration configuration, string name)
    {
        // Nobody knows a key whose hash these 32 octets are, nor a password that leads to one.
        Span<byte> octets = stackalloc byte[ScramVerifier.MaxSaltOctets + (2 * ScramVerifier.KeyOctets) + sizeof(uint)];
        HKDF.Expand(HashAlgorithmName.SHA256, _decoyKey, octets, Encoding.UTF8.GetBytes(name));
        var keys = octets[ScramVerifier.MaxSaltOctets..];
        var users = configuration.Users;
        var model = users.IsEmpty ? null : users[(int)(BitConverter.ToUInt32(octets[^sizeof(uint)..]) % (uint)users.Length)].Verifier;
        return new(
            model?.Iterations ?? ScramVerifier.DefaultIterations,
            octets[..(model?.Salt.Length ?? ScramVerifier.DefaultSaltOctets)],
            keys[..ScramVerifier.KeyOctets],
            keys[ScramVerifier.KeyOctets..^sizeof(uint)]);
    }
}
