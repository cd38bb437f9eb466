using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;

namespace Gateway.Core.Tests.Configuration;

public sealed class ConfigurationDocumentTests
{
    private const string Valid =
        """{"version":1,"domains":[{"name":"in.example.com"}],"routes":[{"id":"rest","priority":1,"match":{},"actions":[{"store":{}}]}]}""";

    private const string Verifier = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    public static TheoryData<string> Cases() => ConfigurationCase.Names();

    [Theory, MemberData(nameof(Cases))]
    public void Document_has_exactly_the_errors_of_its_case(string name)
    {
        var expected = ConfigurationCase.Read(name);
        var result = ConfigurationDocument.Parse(expected.Document);
        Assert.Equal(string.Join('\n', expected.Errors), string.Join('\n', result.Errors));
        Assert.Equal(expected.Errors.Length == 0, result.Configuration is not null);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Errors_never_repeat_what_may_be_a_secret(string name)
    {
        var result = ConfigurationDocument.Parse(ConfigurationCase.Read(name).Document);
        Assert.DoesNotContain("whsec_", string.Join('\n', result.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", string.Join('\n', result.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("WG5d8oPm3Otc", string.Join('\n', result.Errors), StringComparison.Ordinal); // the keys of a verifier
        Assert.DoesNotContain("wfPLwcE6nTWh", string.Join('\n', result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_file_belongs_to_a_document() =>
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Configuration", "Cases"), "*.errors"),
            file => Assert.True(File.Exists(Path.ChangeExtension(file, ".json")), file));

    [Fact]
    public void Values_are_those_of_the_document()
    {
        var configuration = ConfigurationDocument.Parse(ConfigurationCase.Read("02-everything").Document).Configuration!;

        var domain = configuration.Domains[0];
        Assert.Equal(("in.example.com", true, true), (domain.Name, domain.Subaddressing, domain.RequireTls));
        Assert.Equal(["support", "inv-*", "b?b"], domain.Recipients.Patterns.Select(pattern => pattern.Pattern));
        Assert.Equal(["s?les", "old-*"], domain.Defer.Patterns.Select(pattern => pattern.Pattern));
        Assert.True(configuration.Domains[1].Defer.IsEmpty);
        Assert.Equal("xn--bcher-kva.example", configuration.Domains[1].Name);
        Assert.Equal(("*", false, false), (configuration.Domains[1].Recipients.Patterns.Single().Pattern, configuration.Domains[1].Subaddressing, configuration.Domains[1].RequireTls));

        var endpoint = configuration.FindEndpoint("app")!;
        Assert.Equal("https://app.example.com:8443/mail?tenant=1", endpoint.Url.AbsoluteUri);
        Assert.Equal(["env:APP_OLD", "file:/run/secrets/app"], endpoint.Secrets.Select(secret => secret.ToString()));
        Assert.Equal((TimeSpan.FromSeconds(100), false), (endpoint.Timeout, endpoint.AllowPrivate));
        Assert.True(configuration.FindEndpoint("Local_2")!.AllowPrivate);
        Assert.Equal(TimeSpan.FromSeconds(15), configuration.FindEndpoint("six")!.Timeout);
        Assert.Null(configuration.FindEndpoint("APP"));

        Assert.Equal(["list", "robot", "dev"], configuration.Routes.Select(route => route.Id));
        var route = configuration.Routes[0];
        Assert.Equal((-5, true), (route.Priority, route.Stop));
        Assert.Equal(new RouteMatch(new("support*@in.example.com"), new("List-Id", new("*announce*"))), route.Match);
        Assert.Equal([new RouteAction.Webhook("app"), new RouteAction.Store()], route.Actions);
        Assert.Equal(new RouteMatch(null, new("Auto-Submitted", new("*"))), configuration.Routes[1].Match);
        Assert.Equal([new RouteAction.Drop()], configuration.Routes[1].Actions);
        Assert.False(configuration.Routes[2].Stop);
    }

    [Fact]
    public void Domains_in_any_letters_are_kept_as_a_labels()
    {
        var configuration = ConfigurationDocument.Parse(ConfigurationCase.Read("80-domains-in-any-letters").Document).Configuration!;
        Assert.Equal(
            ["xn--bcher-kva.example", "xn--r8jz45g.xn--zckzah", "xn--fa-hia.example", "xn--i-7iq.example"],
            configuration.Domains.Select(domain => domain.Name));
        Assert.Equal(
            ["Jörg*@*.xn--bcher-kva.example", "*@xn--r8jz45g.xn--zckzah", null],
            configuration.Routes.Select(route => route.Match.Recipient?.Pattern));
        Assert.Equal(RecipientStatus.Accepted, configuration.FindRecipient(new(new("用户", "xn--r8jz45g.xn--zckzah")), overTls: false));
        Assert.Equal(RecipientStatus.Accepted, configuration.FindRecipient(new(new("GRößE-😀", "xn--r8jz45g.xn--zckzah")), overTls: false));
        Assert.Equal(RecipientStatus.Unknown, configuration.FindRecipient(new(new("GRÖSSE-1", "xn--r8jz45g.xn--zckzah")), overTls: false));
        Assert.Equal(RecipientStatus.NotOurDomain, configuration.FindRecipient(new(new("用户", "例え.テスト")), overTls: false));
    }

    [Fact]
    public void Users_are_found_by_exactly_their_name()
    {
        var configuration = ConfigurationDocument.Parse(ConfigurationCase.Read("80-users").Document).Configuration!;

        Assert.Equal(["app-1", "App-1", "billing.eu_2+x@in.example.com"], configuration.Users.Select(user => user.Name));
        Assert.Equal(4_096, configuration.FindUser("app-1")!.Verifier.Iterations);
        Assert.Equal(1_000_000, configuration.FindUser("App-1")!.Verifier.Iterations);
        Assert.Null(configuration.FindUser("APP-1"));
        Assert.Null(configuration.FindUser(""));
        var without = Parse(Valid).Configuration!;
        Assert.Empty(without.Users);
        Assert.Null(without.FindUser("app-1"));
    }

    [Fact]
    public void More_users_than_there_may_be_are_an_error()
    {
        string With(int users) => $$"""{"users":[{{string.Join(',', Enumerable.Range(0, users).Select(index => $$"""{"name":"u{{index}}","verifier":"{{Verifier}}"}"""))}}],{{Valid[1..]}}""";
        Assert.Equal(1_000, Parse(With(1_000)).Configuration!.Users.Length);
        Assert.Equal("users: must be at most 1000", Only(Encoding.UTF8.GetBytes(With(1_001))));
    }

    [Fact]
    public void Routes_run_by_priority_and_then_in_the_documents_order()
    {
        var routes = string.Join(',', new[] { 7, -1, 7, 3, 7, -1 }.Select((priority, index) =>
            $$$"""{"id":"r{{{index}}}","priority":{{{priority}}},"match":{},"actions":[{"store":{}}]}"""));
        var result = Parse($$"""{"version":1,"domains":[{"name":"a.example"}],"routes":[{{routes}}]}""");
        Assert.Equal(["r1", "r5", "r3", "r0", "r2", "r4"], result.Configuration!.Routes.Select(route => route.Id));
    }

    [Fact]
    public void A_byte_order_mark_is_taken_off_and_does_not_move_columns()
    {
        Assert.NotNull(ConfigurationDocument.Parse((byte[])[0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Valid)]).Configuration);
        Assert.Equal("line 1: not valid JSON at column 3", Only((byte[])[0xEF, 0xBB, 0xBF, .. "{ x"u8]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t")]
    [InlineData("\ufeff")]
    public void An_empty_document_is_called_empty(string text) => Assert.Equal("$: is empty", Only(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Octets_that_are_not_utf8_are_told_with_their_place()
    {
        Assert.Equal("line 2: not valid UTF-8 at column 3", Only((byte[])[.. "{\n \""u8, 0xFF, .. "\": 1 }"u8]));
        Assert.Equal("line 1: not valid UTF-8 at column 1", Only((byte[])[0xC0, 0x80]));
        Assert.Equal("line 1: not valid UTF-8 at column 2", Only((byte[])[.. "\""u8, 0xE2, 0x82]));
        Assert.Equal("line 1: not valid UTF-8 at column 1", Only(Encoding.Unicode.GetPreamble()));
    }

    [Theory]
    [InlineData("""{ "version": "\ud800" }""", 14)]
    [InlineData("""{ "\udc00x": 1 }""", 3)]
    [InlineData("""{ "domains": ["\ud83d\ude00", "\ude00\ud83d"] }""", 31)]
    public void Half_a_surrogate_pair_is_an_error_and_no_exception(string text, int column) =>
        Assert.Equal($"line 1: half of a surrogate pair in the string at column {column}", Only(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Deep_nesting_is_told_and_not_followed()
    {
        var deep = $"{{ \"x\": {new string('[', 100_000)}";
        Assert.Equal("line 1: not valid JSON, or nested deeper than 32, at column 39", Only(Encoding.UTF8.GetBytes(deep)));
        var deepest = $"{{\"x\":{new string('[', 31)}{new string(']', 31)}}}";
        Assert.Equal(["version", "domains", "routes", "x"], Parse(deepest).Errors.Select(error => error.Path));
    }

    [Fact]
    public void A_document_over_the_size_limit_is_not_read()
    {
        var octets = new byte[IConfigurationSource.MaxOctets + 1];
        octets.AsSpan().Fill((byte)' ');
        Encoding.UTF8.GetBytes(Valid, octets);
        Assert.Equal($"$: has more than {IConfigurationSource.MaxOctets} octets", Only(octets));
        Assert.NotNull(ConfigurationDocument.Parse(octets.AsMemory(0, IConfigurationSource.MaxOctets)).Configuration);
    }

    [Fact]
    public void Thousands_of_errors_are_cut_and_said_to_be()
    {
        var names = string.Join(',', Enumerable.Range(0, 5_000).Select(index => $"\"n{index}\":1"));
        var errors = Parse($$"""{{{names}},{{Valid[1..]}}""").Errors;
        Assert.Equal(201, errors.Length);
        Assert.Equal("n0: is not a known name here", errors[0].ToString());
        Assert.Equal("$: has more errors; these are the first 200 that were found", errors[200].ToString());
    }

    [Theory]
    [InlineData("helo", "*dyn*")]
    [InlineData("senders", "news@list?")]
    public void Patterns_that_are_tried_one_by_one_are_few(string list, string pattern)
    {
        ConfigurationResult Of(int times) => Parse(
            $$"""{ "policies": { "access": { "allow": { "{{list}}": [{{string.Join(',', Enumerable.Repeat($"\"{pattern}\"", times))}}] }, "deny": { "helo": ["x"] } } }, {{Valid[1..]}}""");
        Assert.NotNull(Of(500).Configuration);
        Assert.Equal($"policies.access.allow.{list}: must not have more than 500 patterns that end in a wildcard", Of(501).Errors.Single().ToString());
    }

    [Fact]
    public void A_name_is_shown_cut_on_one_line_and_whole()
    {
        Assert.Equal($"{new string('n', 64)}: is not a known name here", Parse($$"""{"{{new string('n', 3_000)}}":1,{{Valid[1..]}}""").Errors.Single().ToString());
        Assert.Equal($"{new string('n', 63)}: is not a known name here", Parse($$"""{"{{new string('n', 63)}}😀":1,{{Valid[1..]}}""").Errors.Single().ToString());
        Assert.Equal("\"\": is not a known name here", Parse($$"""{"":1,{{Valid[1..]}}""").Errors.Single().ToString());
        Assert.Equal("a\ufffd\ufffdb: is not a known name here", Parse($$"""{"a\r\nb":1,{{Valid[1..]}}""").Errors.Single().ToString());
    }

    [Fact]
    public void Long_names_around_many_doubled_ones_cost_no_more_than_they_are()
    {
        var name = new string('n', 1_000_000);
        var doubled = string.Concat(Enumerable.Repeat("\"a\":1,", 300_000));
        var errors = Parse($$$"""{"{{{name}}}":{ {{{doubled}}}"b":1}}""").Errors;
        Assert.Equal(201, errors.Length);
        Assert.All(errors, error => Assert.True(error.Path.Length < 100));
    }

    private static ConfigurationResult Parse(string text) => ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(text));

    private static string Only(byte[] octets) => ConfigurationDocument.Parse(octets).Errors.Single().ToString();
}
