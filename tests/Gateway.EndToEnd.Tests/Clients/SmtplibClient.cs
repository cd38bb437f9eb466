using System.Globalization;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>smtplib of Python's own library, in smtplib_send.py.</summary>
internal sealed class SmtplibClient : IMailClient
{
    public Declared Declares => Declared.Size | Declared.EightBit;

    public async Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel)
    {
        string[] arguments =
        [
            InstalledProgram.File("smtplib_send.py"), mail.Server.Address.ToString(), mail.Server.Port.ToString(CultureInfo.InvariantCulture),
            $"{mail.Security}", IMailClient.Helo, mail.From, .. mail.To,
        ];
        return (await InstalledProgram.RunAsync("python3", arguments, cancel, mail.Message)).Report();
    }
}
