using System.Text;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>A certificate is replaced while the server runs.</summary>
public sealed class ReplacementTests
{
    [Fact]
    public async Task A_session_in_the_middle_of_its_message_goes_on_and_the_next_one_sees_the_new_certificate()
    {
        var (before, after) = (TlsServer.Make("a.example", "before.example"), TlsServer.Make("a.example", "after.example"));
        await using var server = await TlsServer.StartAsync(before);
        await using var first = await server.ConnectAsync("a.example");
        Assert.Equal(before.Certificate.Thumbprint, first.Tls!.RemoteCertificate!.GetCertHashString());
        await first.AskAsync("EHLO client.example");
        await first.MailToDataAsync();
        await first.SendLineAsync("Subject: one half");

        server.Replace(after);
        await using var second = await server.ConnectAsync("a.example");
        Assert.Equal(after.Certificate.Thumbprint, second.Tls!.RemoteCertificate!.GetCertHashString());
        await TlsServer.MailAsync(second);

        Assert.StartsWith("250 ", await first.AskAsync("\r\nand the other\r\n."), StringComparison.Ordinal);
        Assert.Equal("Subject: one half\r\n\r\nand the other\r\n", Encoding.ASCII.GetString(server.Intake.Committed.Last().Raw));
        await TlsServer.MailAsync(first);
        Assert.Equal(3, server.Intake.Committed.Count);
    }

    [Fact]
    public async Task A_handshake_begun_before_is_finished_with_whatever_is_in_force()
    {
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        await using var client = await server.BeginTlsAsync();
        server.Replace(TlsServer.Make("b.example"));
        Assert.True(await client.HandshakeAsync());
        await TlsServer.MailAsync(client);
    }
}
