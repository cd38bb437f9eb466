using Gateway.Server.Hosting;
using Gateway.Smtp;
using Spectre.Console;

namespace Gateway.Server.Serving;

/// <summary>What <c>gateway serve</c> says at start.</summary>
internal static class ServeBanner
{
    /// <param name="console">Where.</param>
    /// <param name="smtp">Where mail is taken.</param>
    /// <param name="http">Where HTTP is served.</param>
    /// <param name="store">Where mail goes, in words.</param>
    /// <param name="stages">Who works on it, in words.</param>
    public static void Show(IAnsiConsole console, IReadOnlyList<SmtpListener> smtp, Uri http, string store, string stages)
    {
        console.WriteLine($"gateway {ProgramVersion.Text} takes mail");
        foreach (var listener in smtp)
        {
            console.WriteLine($"  SMTP      {listener.Endpoint} ({InWords(listener.Kind)})");
        }

        console.WriteLine($"  HTTP      {http} (/healthz/live, /healthz/ready)");
        console.WriteLine($"  store     {store}");
        console.WriteLine($"  stages    {stages}");
    }

    private static string InWords(ListenerKind kind) => kind switch
    {
        ListenerKind.Mx => "plain and STARTTLS",
        ListenerKind.Submission => "submission: STARTTLS and AUTH",
        _ => "submissions: TLS and AUTH",
    };
}
