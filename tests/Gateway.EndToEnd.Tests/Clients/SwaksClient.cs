using System.Globalization;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>The Swiss Army Knife for SMTP.</summary>
internal sealed class SwaksClient : IMailClient
{
    private const int MissingModule = 10;

    public Declared Declares => Declared.Nothing;

    public async Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel)
    {
        using var directory = new TestDirectory();
        var file = directory.File("letter.eml");
        await File.WriteAllBytesAsync(file, mail.Message[..^2], cancel); // it adds a CRLF whatever the end is
        string[] arguments =
        [
            "--config", // none: nobody's own defaults
            "--server", mail.Server.Address.ToString(), "--port", mail.Server.Port.ToString(CultureInfo.InvariantCulture),
            "--helo", IMailClient.Helo, "--from", mail.From, "--to", string.Join(',', mail.To),
            "--data", $"@{file}", "--suppress-data",
            .. mail.Security == Security.StartTls ? (string[])["--tls"] : [],
        ];
        var ended = await InstalledProgram.RunAsync("swaks", arguments, cancel);
        Assert.SkipWhen(ended.ExitCode == MissingModule, "Net::SSLeay, for swaks, is not installed");
        var report = ended.Report();

        // Its exit code is that of success when any recipient was taken; it marks a refusal of the server's, over TLS too.
        return report with { IsSent = report.IsSent && !report.Said.Contains("<** ", StringComparison.Ordinal) && !report.Said.Contains("<~* ", StringComparison.Ordinal) };
    }
}
