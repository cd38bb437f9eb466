using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Commands;

/// <summary>What <c>gateway dev</c> was asked for. The options check themselves, so that all mistakes are told at once.</summary>
/// <param name="Smtp">Where mail is taken.</param>
/// <param name="Http">Where HTTP is served.</param>
/// <param name="ConfigurationPath">Null: the built-in configuration.</param>
/// <param name="Webhook">Null: the built-in receiver.</param>
/// <param name="Secret">Null: the kept one, or a new one.</param>
/// <param name="PublicUrl">Null: links name the address that HTTP listens on.</param>
internal sealed record DevArguments(IPEndPoint Smtp, IPEndPoint Http, string? ConfigurationPath, Uri? Webhook, string? Secret, Uri? PublicUrl)
{
    public static readonly Option<string?> ConfigOption = TextArgument.Option(
        "--config", "FILE", "Configuration document; without one, every recipient of every domain is taken.", TextArgument.Path);

    public static readonly Option<IPEndPoint> SmtpOption =
        EndpointArgument.Option("--smtp", new(IPAddress.Loopback, 1025), "Where mail is taken.", RequireLoopback);

    public static readonly Option<IPEndPoint> HttpOption = EndpointArgument.Option(
        "--http", new(IPAddress.Loopback, 8025), "Where links, health probes and the built-in receiver are served.", HttpProblem);

    public static readonly Option<string?> PublicUrlOption = TextArgument.Option(
        "--public-url", "URL", "How receivers reach --http, for the links in webhooks; without it, by its address.", (_, text) => TextArgument.UrlProblems(text));

    public static readonly Option<string?> WebhookOption = TextArgument.Option(
        "--webhook", "URL", "Where webhooks go; without it, to a built-in receiver that shows them.", WebhookProblems);

    public static readonly Option<string?> SecretOption = TextArgument.Option(
        "--secret", "SECRET", "Signing secret (whsec_ and base64); without it, one is made, kept in the data directory and shown.", SecretProblems);

    public static DevArguments Of(ParseResult parsed) => new(
        parsed.GetValue(SmtpOption)!,
        parsed.GetValue(HttpOption)!,
        parsed.GetValue(ConfigOption),
        parsed.GetValue(WebhookOption) is { } url ? new Uri(url) : null,
        parsed.GetValue(SecretOption),
        parsed.GetValue(PublicUrlOption) is { } publicUrl ? new Uri(publicUrl) : null);

    /// <summary>What is wrong with a signing secret, and nothing of it.</summary>
    public static IEnumerable<string> SecretFormProblems(ArgumentResult result, string text)
    {
        if (!WebhookSecret.TryParse(text, out _, out var problem))
        {
            yield return $"is not a webhook secret: {problem}";
        }
    }

    private static string? RequireLoopback(ArgumentResult result, IPEndPoint endpoint) =>
        HasConfig(result) || IPAddress.IsLoopback(endpoint.Address)
            ? null
            : $"{endpoint} is not a loopback address: without a configuration mail is taken for anybody, so this needs --config FILE";

    private static string? HttpProblem(ArgumentResult result, IPEndPoint endpoint) =>
        RequireLoopback(result, endpoint)
        ?? ((endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any)) && result.GetResult(PublicUrlOption) is not { Implicit: false }
            ? $"{endpoint} is every address of this machine, which no link can name: this needs --public-url URL"
            : null);

    private static IEnumerable<string> WebhookProblems(ArgumentResult result, string text) => HasConfig(result)
        ? ["and --config do not go together: the configuration names its endpoints", .. TextArgument.UrlProblems(text)]
        : TextArgument.UrlProblems(text);

    private static IEnumerable<string> SecretProblems(ArgumentResult result, string text) => HasConfig(result)
        ? ["and --config do not go together: the configuration names its secrets", .. SecretFormProblems(result, text)]
        : SecretFormProblems(result, text);

    private static bool HasConfig(ArgumentResult result) => result.GetResult(ConfigOption) is { Implicit: false };
}
