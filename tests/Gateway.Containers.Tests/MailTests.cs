using System.Security.Cryptography;
using Azure.Storage.Blobs.Models;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.Containers.Tests;

/// <summary>Mail in, signed webhook out, by the image as it is shipped, with nothing that it does not need.</summary>
[Trait("Category", "slow")]
public sealed class MailTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    [Theory, InlineData(Bus.Broker), InlineData(Bus.Emulator)]
    public async Task Mail_comes_in_and_a_signed_webhook_goes_out(Bus bus)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var wiring = await Wiring.StartAsync(bus);
        await using var gateway = await GatewayContainer.StartAsync(wiring);
        foreach (var message in (LoadMessage[])[LoadMessage.Create(1, 2_000, new(1)), LoadMessage.Create(2, 200_000, new(2))])
        {
            using var dialogue = new SmtpDialogue();
            await dialogue.OpenAsync(gateway.Smtp, cancel);
            await dialogue.BeginDataAsync(message.Recipients, cancel);
            await dialogue.SendAsync(message.Stuffed, cancel);
            Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));
            var webhook = await wiring.Inbox.WaitForAsync(webhook => webhook.Sha256 == message.Sha256);
            Assert.Equal(message.Recipients[0], webhook.To);
        }

        Assert.Equal(0, wiring.Inbox.BadSignatures);
        Assert.Equal(0, await gateway.StopAsync(Grace));
        Assert.Empty(await gateway.ErrorsAsync());
    }

    /// <summary>The root file system is not read-only here, so that what is written to it can be seen.</summary>
    [Fact]
    public async Task Nothing_is_written_to_the_root_file_system()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var wiring = await BrokerWiring.StartAsync();
        await using var gateway = await GatewayContainer.StartAsync(wiring, builder => builder.WithCreateParameterModifier(create => create.HostConfig!.ReadonlyRootfs = false));
        var message = LoadMessage.Create(1, 200_000, new(1));
        using var dialogue = new SmtpDialogue();
        await dialogue.OpenAsync(gateway.Smtp, cancel);
        await dialogue.BeginDataAsync(message.Recipients, cancel);
        await dialogue.SendAsync(message.Stuffed, cancel);
        Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));
        await wiring.Inbox.WaitForAsync(webhook => webhook.Sha256 == message.Sha256);

        Assert.Equal("", await DockerEngine.RunAsync(["diff", gateway.Id], cancel));
    }

    [Fact]
    public async Task Sigterm_lets_a_message_in_flight_come_to_its_end()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var wiring = await BrokerWiring.StartAsync();
        await using var gateway = await GatewayContainer.StartAsync(wiring);
        var message = LoadMessage.Create(1, 300_000, new(1));
        using var idle = new SmtpDialogue();
        await idle.OpenAsync(gateway.Smtp, cancel);
        using var dialogue = new SmtpDialogue();
        await dialogue.OpenAsync(gateway.Smtp, cancel);
        await dialogue.BeginDataAsync(message.Recipients, cancel);
        await dialogue.SendAsync(message.Stuffed.AsMemory(..(message.Stuffed.Length / 2)), cancel);

        var stopped = gateway.StopAsync(Grace);
        Assert.StartsWith("421 4.3.2 ", await idle.ReadReplyAsync(cancel)); // so by now it drains
        Assert.False(stopped.IsCompleted);
        await dialogue.SendAsync(message.Stuffed.AsMemory((message.Stuffed.Length / 2)..), cancel);
        Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));
        Assert.StartsWith("421 4.3.2 ", await dialogue.ReadReplyAsync(cancel));
        Assert.Null(await dialogue.ReadReplyAsync(cancel));
        Assert.Equal(0, await stopped);
        Assert.Empty(await gateway.ErrorsAsync());
        Assert.Equal(message.Sha256, await OnlyRawAsync(wiring));

        await gateway.StartAgainAsync();
        await wiring.Inbox.WaitForAsync(webhook => webhook.Sha256 == message.Sha256);
        Assert.Single(wiring.Inbox.Taken.DistinctBy(webhook => webhook.Id));
    }

    /// <summary>What is stored as the only raw message.</summary>
    private static async Task<string> OnlyRawAsync(Wiring wiring)
    {
        var names = new List<string>();
        await foreach (var blob in wiring.Storage.Raw.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            names.Add(blob.Name);
        }

        BlobDownloadResult raw = await wiring.Storage.Raw.GetBlobClient(Assert.Single(names)).DownloadContentAsync(TestContext.Current.CancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(raw.Content));
    }
}
