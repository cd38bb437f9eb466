using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Server.Commands;

/// <summary>An option of the form ADDRESS:PORT.</summary>
internal static class EndpointArgument
{
    /// <param name="name">With its dashes.</param>
    /// <param name="otherwise">When it is not given.</param>
    /// <param name="description">For --help.</param>
    /// <param name="objection">What else is wrong with an endpoint; null, or a null answer: nothing.</param>
    public static Option<IPEndPoint> Option(
        string name, IPEndPoint otherwise, string description, Func<ArgumentResult, IPEndPoint, string?>? objection = null) => new(name)
        {
            Description = description,
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => otherwise,
            CustomParser = result => Parse(result, name, objection),
        };

    /// <summary>An address and a port, both written out: a default for either would listen where nobody meant to. Null: it is not that.</summary>
    public static IPEndPoint? Read(string text)
    {
        var named = text.Replace("localhost:", "127.0.0.1:", StringComparison.OrdinalIgnoreCase);
        var hasPort = named.LastIndexOf(':') is var colon and > 0 && ushort.TryParse(named.AsSpan(colon + 1), out _);
        return hasPort
            && IPEndPoint.TryParse(named, out var endpoint)
            && (endpoint.AddressFamily == AddressFamily.InterNetwork || named.StartsWith('['))
            ? endpoint
            : null;
    }

    private static IPEndPoint? Parse(ArgumentResult result, string name, Func<ArgumentResult, IPEndPoint, string?>? objection)
    {
        if (Read(result.Tokens.Count == 1 ? result.Tokens[0].Value : "") is not { } endpoint)
        {
            result.AddError($"{name} must be ADDRESS:PORT, such as 127.0.0.1:1025 or [::1]:1025");
            return null;
        }

        if (objection?.Invoke(result, endpoint) is not { } problem)
        {
            return endpoint;
        }

        result.AddError($"{name} {problem}");
        return null;
    }
}
