using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>MailKit sends to all recipients or, when one is refused, to none.</summary>
internal sealed class MailKitClient : IMailClient
{
    public Declared Declares => Declared.Size | Declared.EightBit;

    public async Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel)
    {
        using var client = new VerbatimClient() { LocalDomain = IMailClient.Helo, CheckCertificateRevocation = false };
#pragma warning disable CA5359 // the certificate is the gateway's own, made at its start
        client.ServerCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        var security = mail.Security == Security.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None;
        await client.ConnectAsync(mail.Server.Address.ToString(), mail.Server.Port, security, cancel);
        try
        {
            using var message = await MimeMessage.LoadAsync(new MemoryStream(mail.Message), cancel);
            var said = await client.SendAsync(message, new("", mail.From), mail.To.Select(to => new MailboxAddress("", to)), cancel);
            await client.DisconnectAsync(true, cancel);
            return new(true, said);
        }
        catch (SmtpCommandException e)
        {
            return new(false, $"{e.ErrorCode}: {(int)e.StatusCode} {e.Message}");
        }
    }

    /// <summary>It would put the line of 998 octets into quoted-printable. Who signs a message with DKIM stops it in the same way.</summary>
    private sealed class VerbatimClient : SmtpClient
    {
        protected override void Prepare(FormatOptions options, MimeMessage message, EncodingConstraint constraint, int maxLineLength)
        {
        }
    }
}
