using Gateway.Local;
using Gateway.Server.Hosting;
using Spectre.Console;

namespace Gateway.Server.Commands;

/// <summary>What <c>gateway dev</c> says at start: what it listens on and how to try it.</summary>
internal static class Banner
{
    public static void Show(IAnsiConsole console, LocalGateway gateway, DevSetup setup)
    {
        console.WriteLine($"gateway {ProgramVersion.Text} is running on this machine");
        console.WriteLine($"  SMTP      {gateway.SmtpEndpoint} (plain and STARTTLS)");
        console.WriteLine($"  HTTP      {gateway.HttpUrl} (links, /healthz/live, /healthz/ready)");
        console.WriteLine($"  data      {gateway.DataDirectory}");
        console.WriteLine($"  routes    {setup.ConfigurationPath}{(setup.UsesConfigurationFile ? "" : " (every recipient of every domain)")}");
        if (!setup.UsesConfigurationFile)
        {
            console.WriteLine($"  webhooks  {(setup.Webhook is { } url ? url.ToString() : "to the built-in receiver; shown here")}");
            console.WriteLine($"  secret    {setup.Secret}");
        }

        console.WriteLine($"Try it:     {Program} send{Server(gateway)}");
        console.WriteLine("Stop it:    Ctrl+C");
    }

    /// <summary>As the reader would type it: in a checkout there is no installed program.</summary>
    private static string Program => Directory.Exists("src/Gateway.Server") ? "dotnet run --project src/Gateway.Server --" : "gateway";

    private static string Server(LocalGateway gateway) => gateway.SmtpEndpoint.ToString() == SendCommand.DefaultServer ? "" : $" --server {gateway.SmtpEndpoint}";
}
