using System.Net;
using Gateway.Server.Hosting;
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
    public static void Show(IAnsiConsole console, IPEndPoint smtp, Uri http, string store, string stages)
    {
        console.WriteLine($"gateway {ProgramVersion.Text} takes mail");
        console.WriteLine($"  SMTP      {smtp} (plain and STARTTLS)");
        console.WriteLine($"  HTTP      {http} (/healthz/live, /healthz/ready)");
        console.WriteLine($"  store     {store}");
        console.WriteLine($"  stages    {stages}");
    }
}
