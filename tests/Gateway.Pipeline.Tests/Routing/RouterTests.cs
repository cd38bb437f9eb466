using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.Routing;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.Routing;

public sealed class RouterTests
{
    private static readonly GatewayConfiguration Configuration = Samples.Configuration("""
        {
          "version": 1,
          "domains": [{ "name": "in.example.com", "subaddressing": true }, { "name": "plain.example" }, { "name": "bücher.example", "subaddressing": true }],
          "endpoints": [{ "id": "app", "url": "https://app.example/", "secrets": ["env:X"] }, { "id": "crm", "url": "https://crm.example/", "secrets": ["env:X"] }],
          "routes": [
            { "id": "rest", "priority": 99, "match": { "recipient": "*@in.example.com" }, "actions": [{ "store": {} }] },
            { "id": "list", "priority": 1, "match": { "header": { "name": "list-id", "value": "*news*" } }, "actions": [{ "drop": {} }], "stop": true },
            { "id": "support", "priority": 10, "match": { "recipient": "support@*" }, "actions": [{ "webhook": "app" }, { "webhook": "crm" }, { "webhook": "app" }], "stop": true },
            { "id": "copy", "priority": 5, "match": { "recipient": "s*@in.example.com" }, "actions": [{ "webhook": "crm" }] },
            { "id": "both", "priority": 6, "match": { "recipient": "both@in.example.com", "header": { "name": "X-Kind" } }, "actions": [{ "webhook": "app" }] },
            { "id": "quoted", "priority": 7, "match": { "recipient": "\"two words\"@in.example.com" }, "actions": [{ "webhook": "app" }], "stop": true },
            { "id": "detail", "priority": 8, "match": { "recipient": "x+yes@in.example.com" }, "actions": [{ "drop": {} }], "stop": true },
            { "id": "books", "priority": 11, "match": { "recipient": "größe@BÜCHER.example" }, "actions": [{ "webhook": "app" }], "stop": true },
            { "id": "one", "priority": 12, "match": { "recipient": "?-?@bücher.example" }, "actions": [{ "drop": {} }], "stop": true },
            { "id": "master", "priority": 9, "match": { "recipient": "postmaster@in.example.com" }, "actions": [{ "store": {} }], "stop": true }
          ]
        }
        """);

    [Theory]
    [InlineData("support@in.example.com", "", "copy:crm support:app support:crm")]
    [InlineData("SUPPORT@in.example.com", "", "copy:crm support:app support:crm")]
    [InlineData("support+detail@in.example.com", "", "copy:crm support:app support:crm")]
    [InlineData("\"support+any thing\"@in.example.com", "", "copy:crm support:app support:crm")]
    [InlineData("support@plain.example", "", "support:app support:crm")]
    [InlineData("support+detail@plain.example", "", "")]
    [InlineData("sales@in.example.com", "", "copy:crm rest:Store")]
    [InlineData("other@in.example.com", "", "rest:Store")]
    [InlineData("support@in.example.com", "List-ID=the News letter", "list:Drop")]
    [InlineData("other@plain.example", "LIST-ID=news", "list:Drop")]
    [InlineData("other@plain.example", "Subject=news", "")]
    [InlineData("both@in.example.com", "", "rest:Store")]
    [InlineData("both@in.example.com", "x-kind=", "both:app rest:Store")]
    [InlineData("both+a@in.example.com", "X-KIND=y", "both:app rest:Store")]
    [InlineData("\"two words\"@in.example.com", "", "quoted:app")]
    [InlineData("\"two words+d\"@in.example.com", "", "quoted:app")]
    [InlineData("x+yes@in.example.com", "", "detail:Drop")]
    [InlineData("x+no@in.example.com", "", "rest:Store")]
    [InlineData("+x@in.example.com", "", "rest:Store")]
    [InlineData("postmaster", "", "master:Store")]
    [InlineData("Postmaster", "", "master:Store")]
    [InlineData("größe@xn--bcher-kva.example", "", "books:app")]
    [InlineData("GRößE+😀@xn--bcher-kva.example", "", "books:app")]
    [InlineData("\"größe+zu klein\"@xn--bcher-kva.example", "", "books:app")]
    [InlineData("GRÖSSE@xn--bcher-kva.example", "", "")]
    [InlineData("😀-ß@xn--bcher-kva.example", "", "one:Drop")]
    [InlineData("poſtmaster", "", "")]
    [InlineData("nobody@elsewhere.example", "", "")]
    [InlineData("", "", "")]
    public void Recipient_and_headers_give_these_actions(string recipient, string header, string expected)
    {
        HeaderField[] headers = header.Length == 0 ? [] : [new(header.Split('=')[0], header.Split('=')[1])];

        var actions = Router.Evaluate(Configuration, [.. headers], recipient);

        Assert.Equal(expected, string.Join(' ', actions.Select(taken => $"{taken.RouteId}:{(taken.Action as RouteAction.Webhook)?.EndpointId ?? taken.Action.GetType().Name}")));
    }

    [Fact]
    public void Headers_are_needed_only_when_a_route_asks_for_one()
    {
        Assert.True(Router.NeedsHeaders(Configuration));
        Assert.False(Router.NeedsHeaders(Samples.Configuration("""
            { "version": 1, "domains": [{ "name": "a.example" }], "routes": [{ "id": "r", "priority": 1, "match": {}, "actions": [{ "store": {} }] }] }
            """)));
    }
}
