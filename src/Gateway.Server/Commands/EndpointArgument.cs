using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Server.Commands;

/// <summary>An option of the form ADDRESS:PORT.</summary>
internal static class EndpointArgument
{
    public static Option<IPEndPoint> Option(string name, IPEndPoint otherwise, string description) => new(name)
    {
        Description = description,
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => otherwise,
        CustomParser = Parse,
    };

    /// <summary>An address and a port, both written out: a default for either would listen where nobody meant to.</summary>
    private static IPEndPoint? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var named = text.Replace("localhost:", "127.0.0.1:", StringComparison.OrdinalIgnoreCase);
        var hasPort = named.LastIndexOf(':') is var colon and > 0 && ushort.TryParse(named.AsSpan(colon + 1), out _);
        if (hasPort
            && IPEndPoint.TryParse(named, out var endpoint)
            && (endpoint.AddressFamily == AddressFamily.InterNetwork || named.StartsWith('[')))
        {
            return endpoint;
        }

        result.AddError($"{OptionName(result)} must be ADDRESS:PORT, such as 127.0.0.1:1025 or [::1]:1025");
        return null;
    }

    private static string OptionName(ArgumentResult result) => (result.Parent as OptionResult)?.Option.Name ?? "The endpoint";
}
