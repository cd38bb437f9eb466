using System.Collections.Concurrent;
using System.Diagnostics;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Gateway.Server.Sending;

/// <summary>What to send: each message <paramref name="Repeat"/> times over <paramref name="Parallel"/> connections.</summary>
internal sealed record SendPlan(IReadOnlyList<SendableMessage> Messages, int Repeat, int Parallel);

/// <summary>What came of it.</summary>
/// <param name="Sent">Messages answered 250.</param>
/// <param name="Elapsed">From the first connection to the last answer.</param>
/// <param name="Failures">How often each reason kept a message from being sent.</param>
internal sealed record SendResult(long Sent, TimeSpan Elapsed, IReadOnlyDictionary<string, long> Failures);

/// <summary>An SMTP server to send to.</summary>
internal sealed record ServerAddress(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>Sends mail with MailKit, a client that we did not write; each connection is kept for many messages.</summary>
internal sealed class MailSender(ServerAddress server, bool tls)
{
    private readonly ConcurrentDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private long _next;
    private long _sent;

    /// <param name="plan">What to send.</param>
    /// <param name="advance">Called for each message, sent or not.</param>
    /// <param name="cancel">Stops between messages.</param>
    public async Task<SendResult> SendAsync(SendPlan plan, Action advance, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, plan.Parallel).Select(_ => WorkAsync(plan, advance, cancel)));
        return new(_sent, watch.Elapsed, _failures);
    }

    private async Task WorkAsync(SendPlan plan, Action advance, CancellationToken cancel)
    {
        using var client = new SmtpClient { CheckCertificateRevocation = false };
#pragma warning disable CA5359 // a testing tool against a self-signed certificate; --help says so
        client.ServerCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        var total = (long)plan.Messages.Count * plan.Repeat;
        for (var index = Interlocked.Increment(ref _next) - 1; index < total; index = Interlocked.Increment(ref _next) - 1)
        {
            try
            {
                await SendOneAsync(client, plan.Messages[(int)(index % plan.Messages.Count)], cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return; // what was under way is unknown, so it is not counted as sent
            }

            advance();
        }

        await QuitAsync(client);
    }

    private static async Task QuitAsync(SmtpClient client)
    {
        try
        {
            if (client.IsConnected)
            {
                await client.DisconnectAsync(quit: true, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is SmtpCommandException or SmtpProtocolException or IOException or System.Net.Sockets.SocketException)
        {
            // Everything has been answered; how the server says good-bye changes nothing.
        }
    }

    private async Task SendOneAsync(SmtpClient client, SendableMessage item, CancellationToken cancel)
    {
        try
        {
            if (!client.IsConnected)
            {
                await client.ConnectAsync(server.Host, server.Port, tls ? SecureSocketOptions.StartTls : SecureSocketOptions.None, cancel);
            }

            await client.SendAsync(FormatOptions.Default, item.Message, item.From, item.To, cancel);
            Interlocked.Increment(ref _sent);
        }
        catch (SmtpCommandException e)
        {
            Failed($"{item.Name}: {(int)e.StatusCode} {e.Message}");
        }
        catch (Exception e) when (e is SmtpProtocolException or IOException or System.Net.Sockets.SocketException or AuthenticationException
            or SslHandshakeException or NotSupportedException)
        {
            Failed($"{server}: {e.Message.Split('\n')[0].TrimEnd('.', '\r')}");
            if (client.IsConnected)
            {
                await client.DisconnectAsync(quit: false, cancel);
            }
        }
    }

    private void Failed(string reason) => _failures.AddOrUpdate(reason, 1, (_, count) => count + 1);
}
