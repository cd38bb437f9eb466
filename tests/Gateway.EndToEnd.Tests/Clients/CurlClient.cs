namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>curl sends to all recipients or, unless told otherwise, to none when one is refused.</summary>
internal sealed class CurlClient : IMailClient
{
    public Declared Declares => Declared.Size;

    public async Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel)
    {
        using var directory = new TestDirectory();
        var file = directory.File("letter.eml");
        await File.WriteAllBytesAsync(file, mail.Message, cancel);
        string[] arguments =
        [
            "--disable", "--noproxy", "*", // nobody's own defaults
            "--silent", "--show-error", "--verbose",
            $"smtp://{mail.Server}/{IMailClient.Helo}",
            "--mail-from", mail.From, .. mail.To.SelectMany(to => (string[])["--mail-rcpt", to]),
            "--upload-file", file,
            .. mail.Security == Security.StartTls ? (string[])["--ssl-reqd", "--insecure"] : [],
        ];
        return (await InstalledProgram.RunAsync("curl", arguments, cancel)).Report();
    }
}
