using System.Security.Cryptography;
using System.Text;
using Gateway.Core;
using Gateway.Core.Users;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>SCRAM-SHA-256 as a machine, against the published example and a client written here.</summary>
public sealed class SaslScramTests
{
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string First = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private const string ServerFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private const string Proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private const string Final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + Proof;

    /// <summary>Of "pencil".</summary>
    internal static ScramVerifier Verifier { get; } = ScramVerifier.Create("pencil"u8, 4_096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));

    [Fact] // RFC 7677 section 3
    public void The_published_example_goes_through()
    {
        var mechanism = New();
        Assert.True(mechanism.Begin().Octets.IsEmpty);
        Assert.Equal(ServerFirst, Challenge(mechanism, First));
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Challenge(mechanism, Final));
        Assert.Equal("user", Assert.IsType<SaslStep.Accepted>(mechanism.Take([])).Name);
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, ""));
    }

    /// <summary>First messages that are taken, the name that is looked up, and what c= has to say.</summary>
    [Theory]
    [InlineData("n,,n=user,r=abc", "user", "n,,")]
    [InlineData("y,,n=user,r=abc", "user", "y,,")]
    [InlineData("n,a=user,n=user,r=abc", "user", "n,a=user,")]
    [InlineData("n,a==2C=3D,n==2C=3D,r=abc", ",=", "n,a==2C=3D,")]
    [InlineData("n,,n=user,r=!~+/", "user", "n,,")]
    [InlineData("n,,n=user,r=abc,x=y,Z==", "user", "n,,")]
    public void Whoever_knows_the_password_gets_in(string first, string name, string header)
    {
        var asked = new List<string>();
        var mechanism = new SaslScram(
            user =>
            {
                asked.Add(user);
                return Verifier;
            },
            ServerNonce);
        var challenge = Challenge(mechanism, first);
        var (final, signature) = Answer("pencil", first, challenge, header, ",x=y");
        Assert.Equal(signature, Challenge(mechanism, final));
        Assert.Equal(name, Assert.IsType<SaslStep.Accepted>(mechanism.Take([])).Name);
        Assert.Equal([name], asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("n,")]
    [InlineData("n,,")]
    [InlineData("n,,n=user")]
    [InlineData("n,,n=user,")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,r=abc,n=user")]
    [InlineData("n,n=user,r=abc")]
    [InlineData("n=user,r=abc")]
    [InlineData("N,,n=user,r=abc")]
    [InlineData("x,,n=user,r=abc")]
    [InlineData(",,n=user,r=abc")]
    [InlineData("nn,,n=user,r=abc")]
    [InlineData("p=tls-unique,,n=user,r=abc")] // a binding that was not offered
    [InlineData("p=tls-exporter,,n=user,r=abc")]
    [InlineData("p,,n=user,r=abc")]
    [InlineData("n,b=user,n=user,r=abc")]
    [InlineData("n,a=,n=user,r=abc")]
    [InlineData("n,user,n=user,r=abc")]
    [InlineData("n,,m=ext,n=user,r=abc")] // reserved: must be understood
    [InlineData("n,,n=user,r=abc,m=ext")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=user=2,r=abc")]
    [InlineData("n,,n=user=2c,r=abc")]
    [InlineData("n,,n=user=,r=abc")]
    [InlineData("n,,n=us\0er,r=abc")]
    [InlineData("n,,n=user,r=a bc")]
    [InlineData("n,,n=user,r=a\0bc")]
    [InlineData("n,,n=user,r=a\r\nbc")]
    [InlineData("n,,n=user,r=\u00e4")]
    [InlineData("n,,n=user,r=\x7f")]
    [InlineData("n,,n=user,r=abc,")]
    [InlineData("n,,n=user,r=abc,x")]
    [InlineData("n,,n=user,r=abc,x=")]
    [InlineData("n,,n=user,r=abc,x=\0")]
    [InlineData("n,,n=user,r=abc,1=y")]
    [InlineData("n,,n=user,r=abc,,x=y")]
    [InlineData("n,,n=user,r=abc,x=y,Z==,")]
    [InlineData("\0user\0pencil")]
    public void A_first_message_that_is_none_is_malformed_and_the_end(string first)
    {
        var mechanism = new SaslScram(_ => throw new InvalidOperationException("Nobody is to be looked up"), ServerNonce);
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, first));
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, First));
    }

    [Theory]
    [InlineData("n,a=other,n=user,r=abc")]
    [InlineData("n,a=USER,n=user,r=abc")]
    public void Nobody_acts_for_another(string first) => Assert.Equal(Replies.BadCredentials, Refusal(New(), first));

    [Fact]
    public void Names_and_nonces_end_somewhere_and_the_longest_answer_fits_into_a_line()
    {
        var longest = new SaslScram(_ => new ScramVerifier(1_000_000, new byte[64], new byte[32], new byte[32]), new string('s', 24));
        var challenge = Assert.IsType<SaslStep.Challenge>(longest.Take(Encoding.ASCII.GetBytes($"n,,n={new string('u', 255)},r={new string('c', 128)}")));
        Assert.InRange(Convert.ToBase64String(challenge.Octets.Span).Length, 300, ReplyEncoder.MaxLineOctets - "334 \r\n".Length);
        Assert.Equal(Replies.AuthMalformed, Refusal(New(), $"n,,n={new string('u', 256)},r=abc"));
        Assert.Equal(Replies.AuthMalformed, Refusal(New(), $"n,,n=user,r={new string('c', 129)}"));
        Assert.Equal(Replies.AuthMalformed, Refusal(New(), $"n,,n={string.Concat(Enumerable.Repeat("=2C", 256))},r=abc"));
        Assert.IsType<SaslStep.Challenge>(New().Take(Encoding.ASCII.GetBytes($"n,,n={string.Concat(Enumerable.Repeat("=2C", 255))},r=abc")));
    }

    /// <summary>Last messages after the example's first one.</summary>
    [Theory]
    [InlineData("", 501)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", 501)] // no proof
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=", 501)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndV==", 501)] // 31 octets
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ", 501)] // no padding
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR=", 501)] // pad bits
    [InlineData(Final + ",x=y", 501)] // the proof is last
    [InlineData("p=" + Proof, 501)]
    [InlineData(",p=" + Proof, 535)]
    [InlineData("c=biws,p=" + Proof, 535)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=" + Proof, 535)] // the client's nonce alone
    [InlineData("c=biws,r=%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + Proof, 535)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0x,p=" + Proof, 535)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k,p=" + Proof, 535)]
    [InlineData("c=biws,r=ROprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + Proof, 535)]
    [InlineData("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + Proof, 535)] // y,, after n,,
    [InlineData("c=biwt,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + Proof, 535)]
    [InlineData("c=,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + Proof, 535)]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,c=biws,p=" + Proof, 535)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,m=x,p=" + Proof, 501)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,x,p=" + Proof, 501)]
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,x=y,p=" + Proof, 535)] // an extension that the proof does not cover
    [InlineData("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 535)]
    [InlineData(First, 501)]
    public void A_last_message_with_anything_wrong_is_the_end(string final, int code)
    {
        var mechanism = New();
        Challenge(mechanism, First);
        Assert.Equal(code == 501 ? Replies.AuthMalformed : Replies.BadCredentials, Refusal(mechanism, final));
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, Final)); // there is no second try
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, ""));
    }

    [Fact]
    public void Each_bit_of_the_proof_counts()
    {
        var proof = Convert.FromBase64String(Proof);
        for (var bit = 0; bit < 256; bit++)
        {
            var wrong = proof.ToArray();
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            var mechanism = New();
            Challenge(mechanism, First);
            Assert.Equal(Replies.BadCredentials, Refusal(mechanism, Final.Replace(Proof, Convert.ToBase64String(wrong), StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_recording_is_worth_nothing_under_another_nonce()
    {
        var mechanism = new SaslScram(_ => Verifier, "another");
        Challenge(mechanism, First);
        Assert.Equal(Replies.BadCredentials, Refusal(mechanism, Final));
    }

    [Fact]
    public void Nobody_is_in_before_the_client_has_seen_the_servers_signature()
    {
        var mechanism = New();
        Challenge(mechanism, First);
        Challenge(mechanism, Final);
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, "x"));
        Assert.Equal(Replies.AuthMalformed, Refusal(mechanism, ""));
    }

    /// <summary>client-final-message and the signature that the server has to answer with (RFC 5802 section 3).</summary>
    internal static (string Final, string Signature) Answer(string password, string first, string serverFirst, string header = "n,,", string extensions = "")
    {
        var parts = serverFirst.Split(',').ToDictionary(part => part[0], part => part[2..]);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.ASCII.GetBytes(header))},r={parts['r']}{extensions}";
        var authMessage = Encoding.ASCII.GetBytes($"{first[header.Length..]},{serverFirst},{withoutProof}");
        var iterations = int.Parse(parts['i'], System.Globalization.CultureInfo.InvariantCulture);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), Convert.FromBase64String(parts['s']), iterations, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), authMessage);
        var proof = clientKey.Zip(signature, (key, octet) => (byte)(key ^ octet)).ToArray();
        return (
            $"{withoutProof},p={Convert.ToBase64String(proof)}",
            $"v={Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), authMessage))}");
    }

    private static SaslScram New() => new(_ => Verifier, ServerNonce);

    private static string Challenge(SaslScram mechanism, string response) =>
        Encoding.ASCII.GetString(Assert.IsType<SaslStep.Challenge>(mechanism.Take(Encoding.ASCII.GetBytes(response))).Octets.Span);

    private static Reply Refusal(SaslScram mechanism, string response) =>
        Assert.IsType<SaslStep.Refused>(mechanism.Take(Encoding.UTF8.GetBytes(response))).Reply;
}
