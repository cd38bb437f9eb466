using System.Net;
using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Commands;

/// <summary>What <c>gateway dev</c> was asked for, checked.</summary>
/// <param name="Smtp">Where mail is taken.</param>
/// <param name="Http">Where HTTP is served.</param>
/// <param name="ConfigurationPath">Null: the built-in configuration.</param>
/// <param name="Webhook">Null: the built-in receiver.</param>
/// <param name="Secret">Null: the kept one, or a new one.</param>
internal sealed record DevArguments(IPEndPoint Smtp, IPEndPoint Http, string? ConfigurationPath, Uri? Webhook, string? Secret)
{
    /// <exception cref="UsageException">They do not go together; the message names them all.</exception>
    public static DevArguments Check(IPEndPoint smtp, IPEndPoint http, string? config, string? webhook, string? secret)
    {
        var problems = new List<string>();
        if (config is null)
        {
            RequireLoopback("--smtp", smtp, problems);
            RequireLoopback("--http", http, problems);
        }
        else
        {
            if (webhook is not null)
            {
                problems.Add("--webhook and --config do not go together: the configuration names its endpoints");
            }

            if (secret is not null)
            {
                problems.Add("--secret and --config do not go together: the configuration names its secrets");
            }
        }

        Uri? url = null;
        if (webhook is not null && (!Uri.TryCreate(webhook, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.Fragment.Length > 0))
        {
            problems.Add("--webhook must be an http or https URL without user name and fragment");
        }

        if (secret is not null && !WebhookSecret.TryParse(secret, out _, out var problem))
        {
            problems.Add($"--secret is not a webhook secret: {problem}");
        }

        return problems.Count == 0 ? new(smtp, http, config, url, secret) : throw new UsageException(string.Join($"{Environment.NewLine}gateway: ", problems));
    }

    private static void RequireLoopback(string option, IPEndPoint endpoint, List<string> problems)
    {
        if (!IPAddress.IsLoopback(endpoint.Address))
        {
            problems.Add($"{option} {endpoint} is not a loopback address: the built-in configuration takes mail for anybody, so that needs --config FILE");
        }
    }
}
