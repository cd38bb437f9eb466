using System.Globalization;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>nodemailer of npm, in nodemailer/send.js.</summary>
internal sealed class NodemailerClient : IMailClient
{
    public Declared Declares => Declared.EightBit;

    public async Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel)
    {
        string[] arguments =
        [
            InstalledProgram.File("nodemailer", "send.js"), await InstallAsync(cancel), mail.Server.Address.ToString(),
            mail.Server.Port.ToString(CultureInfo.InvariantCulture), $"{mail.Security}", IMailClient.Helo, mail.From, .. mail.To,
        ];
        return (await InstalledProgram.RunAsync("node", arguments, cancel, mail.Message)).Report();
    }

    private static async Task<string> InstallAsync(CancellationToken cancel)
    {
        try
        {
            return await NpmInstallation.EnsureAsync("nodemailer", InstalledProgram.File("nodemailer"), cancel);
        }
        catch (NpmException e)
        {
            Assert.Skip($"nodemailer cannot be run: {e.Message}");
            throw;
        }
    }
}
