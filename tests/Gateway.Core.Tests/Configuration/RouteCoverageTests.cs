using System.Text;
using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

public sealed class RouteCoverageTests
{
    private const string InExample = """{ "name": "in.example.com", "recipients": ["support", "inv-*"] }""";

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{ "recipient": "*" }""")]
    [InlineData("""{ "recipient": "*@in.example.com" }""")]
    [InlineData("""{ "recipient": "*@IN.EXAMPLE.COM" }""")]
    [InlineData("""{ "recipient": "*@*" }""")]
    public void A_route_for_all_leaves_nothing_to_warn_of(string match) => Assert.Empty(Warnings(InExample, match));

    [Fact]
    public void A_forgotten_pattern_and_the_role_addresses_are_told() =>
        Assert.Equal(["domains[0].name", "domains[0].name", "domains[0].recipients[1]"], Warnings(InExample, """{ "recipient": "support*@in.example.com" }"""));

    [Fact]
    public void A_mistyped_domain_is_told_for_each_of_its_recipients() =>
        Assert.Equal(["domains[0].name", "domains[0].name", "domains[0].recipients[0]", "domains[0].recipients[1]"], Warnings(InExample, """{ "recipient": "*@in.exmaple.com" }"""));

    [Fact]
    public void A_route_that_asks_for_a_header_takes_nobody_for_sure() =>
        Assert.Equal(["domains[0].name", "domains[0].name"], Warnings("""{ "name": "a.example" }""", """{ "header": { "name": "X" } }""", """{ "recipient": "some-name@a.example" }"""));

    [Fact]
    public void Several_routes_may_take_them_together() =>
        Assert.Empty(Warnings(
            InExample,
            """{ "recipient": "support@in.example.com" }""",
            """{ "recipient": "inv-*@in.example.com" }""",
            """{ "recipient": "postmaster@*" }""",
            """{ "recipient": "abuse@*" }"""));

    [Theory]
    [InlineData("postmaster", "abuse")]
    [InlineData("abuse", "postmaster")]
    public void One_role_address_without_a_route_is_told_by_its_name(string routed, string forgotten)
    {
        var warning = Assert.Single(Parse("""{ "name": "a.example", "recipients": ["support"] }""", """{ "recipient": "support@*" }""", $$"""{ "recipient": "{{routed}}@*" }""").Warnings);
        Assert.StartsWith($"domains[0].name: {forgotten} is always accepted (RFC ", warning.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_deferred_recipient_is_accepted_one_day_and_counts()
    {
        var routes = new[] { """{ "recipient": "support@*" }""", """{ "recipient": "postmaster@*" }""", """{ "recipient": "abuse@*" }""" };
        Assert.Empty(Warnings("""{ "name": "a.example", "recipients": ["support"], "defer": ["support"] }""", routes));
        Assert.Equal(["domains[0].defer[1]"], Warnings("""{ "name": "a.example", "recipients": ["support"], "defer": ["support", "new-*"] }""", routes));
        Assert.Equal(["domains[0].recipients[1]"], Warnings("""{ "name": "a.example", "recipients": ["support", "other"], "defer": ["supp?rt", "support"] }""", [.. routes, """{ "recipient": "suppxrt@*" }"""]));
    }

    [Fact]
    public void A_route_of_the_plain_name_takes_a_detail_where_the_domain_has_subaddressing()
    {
        const string recipients = """ "recipients": ["list+*"] """;
        var routes = new[] { """{ "recipient": "list@a.example" }""", """{ "recipient": "postmaster@a.example" }""", """{ "recipient": "abuse@a.example" }""" };
        Assert.Empty(Warnings($$"""{ "name": "a.example", "subaddressing": true, {{recipients}} }""", routes));
        Assert.Equal(["domains[0].recipients[0]"], Warnings($$"""{ "name": "a.example", {{recipients}} }""", routes));
    }

    [Fact]
    public void The_domain_of_all_is_tried_with_a_domain_that_no_route_can_know() =>
        Assert.Equal(["domains[0].name", "domains[0].name", "domains[0].recipients[0]"], Warnings("""{ "name": "*" }""", """{ "recipient": "*@in.example.com" }"""));

    [Fact]
    public void Warnings_do_not_make_a_document_invalid()
    {
        var result = Parse(InExample, """{ "recipient": "a@b.example" }""");
        Assert.NotNull(result.Configuration);
        Assert.Empty(result.Errors);
        Assert.All(result.Warnings, warning => Assert.EndsWith("as unrouted", warning.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Warnings_of_many_recipients_are_cut_and_say_so()
    {
        var recipients = string.Join(',', Enumerable.Range(0, 1_000).Select(index => $"\"r{index}\""));
        var warnings = Parse($$"""{ "name": "a.example", "recipients": [{{recipients}}] }""", """{ "recipient": "a@b.example" }""").Warnings;
        Assert.Equal(201, warnings.Length);
        Assert.Equal("$", warnings[200].Path);
    }

    [Fact]
    public void A_document_of_many_recipients_and_routes_is_not_tried_whole()
    {
        var recipients = string.Join(',', Enumerable.Range(0, 20_000).Select(index => $"\"r{index}\""));
        var routes = Enumerable.Range(0, 20_000).Select(index => $$"""{ "recipient": "r{{index}}@a.example" }""")
            .Prepend("""{ "recipient": "postmaster@a.example" }""").Prepend("""{ "recipient": "abuse@a.example" }""");
        var warnings = Parse($$"""{ "name": "a.example", "recipients": [{{recipients}}] }""", [.. routes]).Warnings;
        Assert.Equal("$", Assert.Single(warnings).Path);
    }

    private static IEnumerable<string> Warnings(string domains, params string[] matches) => Parse(domains, matches).Warnings.Select(warning => warning.Path);

    private static ConfigurationResult Parse(string domains, params string[] matches)
    {
        var routes = string.Join(',', matches.Select((match, index) =>
            $$"""{ "id": "r{{index}}", "priority": 1, "match": {{match}}, "actions": [{ "store": {} }] }"""));
        return ConfigurationDocument.Parse(Encoding.UTF8.GetBytes($$"""{ "version": 1, "domains": [{{domains}}], "routes": [{{routes}}] }"""));
    }
}
