using System.Net;
using System.Text.Json;
using Azure.Data.Tables;
using Gateway.Azure.Tables;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.Behaviour;

/// <summary><c>gateway serve</c> on blobs, tables and a bus, with its own stages or with Functions; time passes in the bus alone.</summary>
internal sealed class AzurePlace : Place
{
    /// <summary>Longer than a parked endpoint is looked at again.</summary>
    private static readonly TimeSpan Leap = TimeSpan.FromMinutes(12);

    private readonly AzureSite _site;
    private readonly GatewayProcess _serve;

    private AzurePlace(Receiver receiver, string lateSecret, AzureSite site, GatewayProcess serve)
        : base(receiver, lateSecret)
    {
        (_site, _serve) = (site, serve);
        State = new TableStateStore(site.Storage, TimeProvider.System);
        Activity = new TableActivityLog(site.Storage, TimeProvider.System);
    }

    public override IPEndPoint Smtp => _serve.SmtpEndpoint;

    protected override IStateStore State { get; }

    protected override IActivityLog Activity { get; }

    protected override TimeProvider Clock => TimeProvider.System;

    public static async Task<Place> ServeAsync() => await StartAsync(site => site.ServeAsync());

    public static async Task<Place> ServeWithFunctionsAsync() =>
        await StartAsync(async site =>
        {
            var serve = await site.ServeWithoutStagesAsync();
            await site.RunFunctionsAsync();
            return serve;
        });

    public override async Task<MessageId> FindAsync(string subject)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(Patience);
        while (true)
        {
            await foreach (var table in _site.Storage.Tables.QueryAsync(cancellationToken: limit.Token).Where(table => table.Name.StartsWith(Tables, StringComparison.Ordinal)))
            {
                await foreach (var entity in _site.Storage.Tables.GetTableClient(table.Name).QueryAsync<TableEntity>(cancellationToken: limit.Token))
                {
                    if (JsonSerializer.Deserialize(entity.GetString("Entry"), ActivityJson.Default.ActivityEntry) is { } entry && entry.Subject == subject)
                    {
                        return entry.MessageId;
                    }
                }
            }

            await Task.Delay(Look, limit.Token); // another process writes it, and tables tell nobody
        }
    }

    /// <summary>What is found parked may be so in a process's memory for some seconds more, and then waits once more.</summary>
    public override Task<IReadOnlyList<ActivityEntry>> PassTimeAsync(MessageId id, IReadOnlyList<ActivityEntry> story) => StoryAfterAsync(id, story.Count, () =>
    {
        _site.Broker.PutForward(Leap);
        return Task.CompletedTask;
    });

    /// <summary>What was started on it ends with it.</summary>
    protected override Task StopAsync() => _site.DisposeAsync().AsTask();

    /// <summary>The names of this site's tables with stories begin so.</summary>
    private string Tables => _site.Environment["GATEWAY_Storage__Prefix"] + "activity";

    private static async Task<Place> StartAsync(Func<AzureSite, Task<GatewayProcess>> start)
    {
        var receiver = await Receiver.StartAsync(Cases.Endpoints());
        var secret = NewSecretPath();
        AzureSite? site = null;
        try
        {
            site = await AzureSite.StartAsync(Cases.Configuration(receiver.Url, secret));
            return new AzurePlace(receiver, secret, site, await start(site));
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            await (site?.DisposeAsync() ?? ValueTask.CompletedTask);
            await receiver.DisposeAsync();
            throw;
        }
    }
}
