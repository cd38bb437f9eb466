using System.CommandLine;
using System.CommandLine.Parsing;
using Gateway.Server.Console;
using Gateway.Server.Hosting;
using Gateway.Server.Sending;
using MimeKit;
using Spectre.Console;

namespace Gateway.Server.Commands;

/// <summary><c>gateway send</c>: sends messages by SMTP, to try the gateway or to load it.</summary>
internal static class SendCommand
{
    public const string DefaultServer = "127.0.0.1:1025";

    /// <summary>From here on a progress bar is shown: shorter runs are over before one is drawn.</summary>
    private const int LongRun = 50;

    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "Messages (.eml); without one, a sample message.",
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = ParseFiles,
    };

    private static readonly Option<MailboxAddress?> From = new("--from")
    {
        Description = "Reverse-path; \"\" is the null one. Without it, the message's Sender or From.",
        HelpName = "ADDRESS",
        CustomParser = result => result.Tokens is [{ Value: "" }] ? new("", "") : ParseAddresses(result, "--from").FirstOrDefault(),
    };

    private static readonly Option<MailboxAddress[]> To = new("--to")
    {
        Description = "Recipient; may be given many times. Without it, the message's To, Cc and Bcc.",
        HelpName = "ADDRESS",
        CustomParser = result => ParseAddresses(result, "--to"),
    };

    private static readonly Option<ServerAddress> Server = new("--server")
    {
        Description = "Where to send.",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => HostAndPort(DefaultServer)!,
        CustomParser = ParseServer,
    };

    private static readonly Option<bool> Tls =
        new("--tls") { Description = "Use STARTTLS, and fail where it is not offered. The certificate is not checked: this is a testing tool." };

    private static readonly Option<int> Repeat = Count("--repeat", 1_000_000, "How often each message is sent.");

    private static readonly Option<int> Parallel = Count("--parallel", 200, "How many connections are used at once.");

    public static Command Build()
    {
        var command = new Command("send", "Send messages by SMTP.") { Files, From, To, Server, Tls, Repeat, Parallel };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var messages = SendableMessage.Load(parsed.GetValue(Files) ?? [], parsed.GetValue(From), parsed.GetValue(To) ?? []);
        var sender = new MailSender(parsed.GetValue(Server)!, parsed.GetValue(Tls));
        using var signals = new Signals();
        var console = Terminal.Screen(parsed.InvocationConfiguration.Output);
        var total = (long)messages.Count * parsed.GetValue(Repeat);
        var plan = new SendPlan(messages, parsed.GetValue(Repeat), parsed.GetValue(Parallel));

        var result = total < LongRun || !console.Profile.Capabilities.Ansi // in a file or a pipe the bar would be lines of its own
            ? await sender.SendAsync(plan, () => { }, signals.Stop)
            : await WithProgressAsync(console, total, advance => sender.SendAsync(plan, advance, signals.Stop));
        await TellAsync(parsed.InvocationConfiguration, result, total);
        return result.Sent == total ? ExitCode.Ok : ExitCode.Failed;
    }

    private static Task<SendResult> WithProgressAsync(IAnsiConsole console, long total, Func<Action, Task<SendResult>> send) =>
        console.Progress().StartAsync(progress =>
        {
            var task = progress.AddTask("Sending", maxValue: total);
            return send(() => task.Increment(1));
        });

    private static async Task TellAsync(InvocationConfiguration streams, SendResult result, long total)
    {
        await streams.Output.WriteLineAsync(
            $"{result.Sent} {(result.Sent == 1 ? "message" : "messages")} sent in {Printable.Time(result.Elapsed)}{Rate(result)}");
        foreach (var (reason, count) in result.Failures.OrderByDescending(failure => failure.Value))
        {
            await streams.Error.WriteLineAsync($"{count} not sent: {Printable.Of(reason, 300)}");
        }

        if (total - result.Sent - result.Failures.Values.Sum() is var rest and > 0)
        {
            await streams.Error.WriteLineAsync($"{rest} not sent: stopped before that");
        }
    }

    private static string Rate(SendResult result) =>
        result.Sent >= LongRun ? FormattableString.Invariant($" ({result.Sent / result.Elapsed.TotalSeconds:0} a second)") : "";

    private static string[] ParseFiles(ArgumentResult result)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError("FILE must name a file");
        }

        return [.. result.Tokens.Select(token => token.Value)];
    }

    private static MailboxAddress[] ParseAddresses(ArgumentResult result, string name)
    {
        var addresses = new List<MailboxAddress>();
        foreach (var text in result.Tokens.Select(token => token.Value))
        {
            if (MailboxAddress.TryParse(text, out var address) && address.Address.Contains('@', StringComparison.Ordinal))
            {
                addresses.Add(address);
            }
            else
            {
                result.AddError($"{name} must be an address, such as alice@example.org, and {Printable.Of(text, 80)} is none");
            }
        }

        return [.. addresses];
    }

    private static ServerAddress ParseServer(ArgumentResult result)
    {
        if (HostAndPort(result.Tokens.Count == 1 ? result.Tokens[0].Value : "") is { } server)
        {
            return server;
        }

        result.AddError($"--server must be HOST:PORT, such as {DefaultServer}");
        return new("", 0);
    }

    private static ServerAddress? HostAndPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0 && Uri.CheckHostName(text[..colon]) != UriHostNameType.Unknown
            ? new(text[..colon].Trim('[', ']'), port)
            : null;
    }

    private static Option<int> Count(string name, int most, string description)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => 1 };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var count) || count < 1 || count > most))
            {
                result.AddError($"{name} must be 1 to {most}");
            }
        });
        return option;
    }
}
