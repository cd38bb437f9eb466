using System.Text;
using Gateway.Core.Users;

namespace Gateway.Core.Tests.Users;

/// <summary>Against verifiers computed with Python's hashlib and hmac; the first is of the example in RFC 7677 section 3.</summary>
public sealed class ScramVerifierTests
{
    private const string Example = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    [Theory]
    [InlineData("pencil", Example)]
    [InlineData("h\u00fcnter2", "SCRAM-SHA-256$5000:AAECAwQFBgc=$6R3JKl6e+XlMCvLKtsDIDNCXxcbCSrscXrkMyUc8jZA=:988kx1aqJ3w7bTlVOf+OFKv48cXZCo38Yb7q+9k7+P0=")]
    [InlineData("hunter2", "SCRAM-SHA-256$1000000:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==$LY5XeOPoXvmUx8H5z+PB1WFujpELcHk9LNKhCN8JwJg=:H5Zo3qGlRmlrdR0VRK1rZlkNop5dThs8RbuuD1HGcpw=")]
    public void A_verifier_made_elsewhere_knows_its_password(string password, string text)
    {
        var verifier = Parse(text);
        Assert.True(verifier.Verifies(Encoding.UTF8.GetBytes(password)));
        Assert.False(verifier.Verifies(Encoding.UTF8.GetBytes(password + "x")));
        Assert.False(verifier.Verifies([]));
        Assert.Equal(text, verifier.ToSecretText());
        Assert.Equal(text, ScramVerifier.Create(Encoding.UTF8.GetBytes(password), verifier.Iterations, verifier.Salt).ToSecretText());
    }

    [Fact]
    public void The_same_password_has_another_verifier_each_time()
    {
        var (first, second) = (ScramVerifier.Create("pencil"u8), ScramVerifier.Create("pencil"u8));
        Assert.NotEqual(first.ToSecretText(), second.ToSecretText());
        Assert.Equal((200_000, 16), (first.Iterations, first.Salt.Length));
        Assert.True(first.Verifies("pencil"u8));
        Assert.True(Parse(second.ToSecretText()).Verifies("pencil"u8));
    }

    [Fact]
    public void Neither_it_nor_a_user_shows_salt_or_keys()
    {
        Assert.Equal("SCRAM-SHA-256, 4096 iterations", Parse(Example).ToString());
        Assert.Equal("User { Name = app-1, Verifier = SCRAM-SHA-256, 4096 iterations }", new User("app-1", Parse(Example)).ToString());
    }

    [Theory]
    [InlineData(4_095, 16, 32, 32)]
    [InlineData(1_000_001, 16, 32, 32)]
    [InlineData(4_096, 7, 32, 32)]
    [InlineData(4_096, 65, 32, 32)]
    [InlineData(4_096, 16, 31, 32)]
    [InlineData(4_096, 16, 32, 33)]
    public void What_is_out_of_range_is_a_fault_of_the_caller(int iterations, int salt, int storedKey, int serverKey) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScramVerifier(iterations, new byte[salt], new byte[storedKey], new byte[serverKey]));

    [Fact]
    public void A_text_of_any_length_is_read_at_once()
    {
        Assert.False(ScramVerifier.TryParse("SCRAM-SHA-256$" + new string('1', 10_000_000), out var verifier, out var problem));
        Assert.Null(verifier);
        Assert.DoesNotContain("111", problem, StringComparison.Ordinal);
    }

    private static ScramVerifier Parse(string text)
    {
        Assert.True(ScramVerifier.TryParse(text, out var verifier, out var problem), problem);
        return verifier;
    }
}
