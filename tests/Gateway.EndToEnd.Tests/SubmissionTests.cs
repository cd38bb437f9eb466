using System.Net;
using System.Text.Json.Nodes;
using Gateway.Core.Users;
using Gateway.Smtp;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Gateway.EndToEnd.Tests;

/// <summary>Users bring mail on listeners of their own, by a client that we did not write.</summary>
public sealed class SubmissionTests
{
    private const string Password = "correct horse battery";

    [Theory]
    [InlineData(ListenerKind.Submission, SecureSocketOptions.StartTls)]
    [InlineData(ListenerKind.Submissions, SecureSocketOptions.SslOnConnect)]
    public async Task A_user_submits_to_our_domains_only_and_the_webhook_names_it(ListenerKind kind, SecureSocketOptions security)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var gateway = await StartAsync(receiver.Url);
        var endpoint = gateway.Gateway.SmtpListeners.Single(listener => listener.Kind == kind).Endpoint;
        using var client = await ConnectAsync(endpoint, security);
        var unknown = await Assert.ThrowsAsync<ServiceNotAuthenticatedException>(() => SendAsync(client, "support@in.example.com"));
        Assert.Contains("Authentication required", unknown.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<AuthenticationException>(() => client.AuthenticateAsync(new SaslMechanismPlain("app-1", "a guess"), TestContext.Current.CancellationToken));

        await client.AuthenticateAsync("app-1", Password, TestContext.Current.CancellationToken);
        await SendAsync(client, "support@in.example.com");
        var relayed = await Assert.ThrowsAsync<SmtpCommandException>(() => SendAsync(client, "somebody@elsewhere.example"));
        Assert.Equal((550, SmtpErrorCode.RecipientNotAccepted), ((int)relayed.StatusCode, relayed.ErrorCode));
        await client.DisconnectAsync(quit: true, TestContext.Current.CancellationToken);

        var webhook = await receiver.NextAsync();
        Assert.Equal("support@in.example.com", webhook.To);
        Assert.Equal("app-1", webhook.Data.GetProperty("client").GetProperty("user").GetString());
        Assert.Empty(receiver.Refused);
    }

    private static Task<EmbeddedGateway> StartAsync(Uri url)
    {
        var configuration = EmbeddedGateway.ToEndpoints(("app", url));
        configuration["domains"] = new JsonArray(new JsonObject { ["name"] = "in.example.com" });
        configuration["users"] = new JsonArray(new JsonObject
        {
            ["name"] = "app-1",
            ["verifier"] = ScramVerifier.Create(System.Text.Encoding.UTF8.GetBytes(Password), ScramVerifier.MinIterations).ToSecretText(),
        });
        return EmbeddedGateway.StartAsync(configuration, change: options => options with
        {
            SmtpListeners =
            [
                .. options.SmtpListeners,
                new(ListenerKind.Submission, new(IPAddress.Loopback, 0)),
                new(ListenerKind.Submissions, new(IPAddress.Loopback, 0)),
            ],
        });
    }

    private static async Task<SmtpClient> ConnectAsync(IPEndPoint endpoint, SecureSocketOptions security)
    {
#pragma warning disable CA5359 // the certificate is the gateway's own, made at its start
        var client = new SmtpClient { CheckCertificateRevocation = false, LocalDomain = "client.example", ServerCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
        await client.ConnectAsync($"{endpoint.Address}", endpoint.Port, security, TestContext.Current.CancellationToken);
        return client;
    }

    private static Task<string> SendAsync(SmtpClient client, string to) => client.SendAsync(
        new MimeMessage([MailboxAddress.Parse("alice@example.org")], [MailboxAddress.Parse(to)], "Hello", new TextPart("plain") { Text = "Hello" }),
        TestContext.Current.CancellationToken);
}
