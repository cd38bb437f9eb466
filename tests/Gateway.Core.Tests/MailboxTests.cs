using System.Text;

namespace Gateway.Core.Tests;

public sealed class MailboxTests
{
    [Theory]
    [InlineData("user", "example.com", "user@example.com")]
    [InlineData("User.Name+detail", "example.com", "User.Name+detail@example.com")]
    [InlineData("!#$%&'*+-/=?^_`{|}~", "example.com", "!#$%&'*+-/=?^_`{|}~@example.com")]
    [InlineData("jörg", "example.com", "jörg@example.com")]
    [InlineData("用户", "xn--fiqs8s", "用户@xn--fiqs8s")]
    [InlineData("😀.ü", "example.com", "😀.ü@example.com")]
    [InlineData("ü b", "example.com", "\"ü b\"@example.com")]
    [InlineData("ü..b", "example.com", "\"ü..b\"@example.com")]
    [InlineData("a b", "example.com", "\"a b\"@example.com")]
    [InlineData("a\"b", "example.com", "\"a\\\"b\"@example.com")]
    [InlineData("a\\b", "example.com", "\"a\\\\b\"@example.com")]
    [InlineData("a@b", "example.com", "\"a@b\"@example.com")]
    [InlineData(".a", "example.com", "\".a\"@example.com")]
    [InlineData("a.", "example.com", "\"a.\"@example.com")]
    [InlineData("a..b", "example.com", "\"a..b\"@example.com")]
    [InlineData("", "example.com", "\"\"@example.com")]
    [InlineData("user", "[192.0.2.1]", "user@[192.0.2.1]")]
    [InlineData("Postmaster", "", "Postmaster")]
    public void Address_is_quoted_only_where_it_must_be(string local, string domain, string text) =>
        Assert.Equal(text, new Mailbox(local, domain).ToString());

    [Fact]
    public void What_is_written_can_be_read_back()
    {
        const string alphabet = "aZ0.\"\\ @<>,;:()[]+ü\t";
        var random = new Random(5321);
        for (var round = 0; round < 5_000; round++)
        {
            var local = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            var text = new Mailbox(local, "example.com").ToString();
            Assert.EndsWith("@example.com", text, StringComparison.Ordinal);
            Assert.Equal(local, Unquote(text[..^"@example.com".Length]));
        }
    }

    [Theory]
    [InlineData("postmaster", "", true)]
    [InlineData("POSTmaster", "in.example.com", true)]
    [InlineData("postmaster+x", "in.example.com", false)]
    [InlineData("postmaste", "", false)]
    [InlineData("poſtmaſter", "", false)] // only ASCII letters have a case here
    public void Postmaster_is_known_in_any_case(string local, string domain, bool postmaster) =>
        Assert.Equal(postmaster, new ForwardPath(new(local, domain)).IsPostmaster);

    [Theory]
    [InlineData("postmaster", "", true)]
    [InlineData("PostMaster", "in.example.com", true)]
    [InlineData("abuse", "in.example.com", true)]
    [InlineData("ABUSE", "in.example.com", true)]
    [InlineData("abuse", "", false)] // the one address without a domain is postmaster's
    [InlineData("abuse+x", "in.example.com", false)]
    [InlineData("postmaster+x", "in.example.com", false)]
    [InlineData("abu\u017fe", "in.example.com", false)]
    [InlineData("po\u017ftmaster", "", false)]
    [InlineData("hostmaster", "in.example.com", false)]
    public void Role_addresses_are_known_in_any_ascii_case(string local, string domain, bool role) =>
        Assert.Equal(role, new ForwardPath(new(local, domain)).IsRoleAddress);

    [Fact]
    public void Null_reverse_path_is_an_empty_text()
    {
        Assert.Equal("", ReversePath.Null.ToString());
        Assert.Equal("a@b.example", new ReversePath(new("a", "b.example")).ToString());
        Assert.Equal("\"a b\"@b.example", new ForwardPath(new("a b", "b.example")).ToString());
    }

    // RFC 5321 section 4.1.2: a Dot-string as it is, a Quoted-string by its grammar. Fails on any other text.
    private static string Unquote(string text)
    {
        if (text[0] != '"')
        {
            Assert.DoesNotMatch("""^\.|\.\.|\.$|[\x00-\x20"\\@<>,;:()\[\]]""", text);
            return text;
        }

        var local = new StringBuilder();
        for (var i = 1; i < text.Length - 1; i++)
        {
            Assert.NotEqual('"', text[i]);
            i += text[i] == '\\' ? 1 : 0;
            local.Append(text[i]);
        }

        Assert.Equal('"', text[^1]);
        return local.ToString();
    }
}
