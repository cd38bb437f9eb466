using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline;
using Gateway.Pipeline.Routing;
using Gateway.Smtp;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>A message that was taken, with the event that it became.</summary>
internal sealed record Taken(byte[] Raw, InspectedEvent Inspected)
{
    public ReceivedEvent Received => Inspected.Message;
}

/// <summary>A gateway that stores what it takes, with a <see cref="Clients.Wire"/> in front.</summary>
internal sealed class Inbox : IAsyncDisposable
{
    private const string Route = "keep";

    private readonly EmbeddedGateway _gateway;

    private Inbox(EmbeddedGateway gateway) => (_gateway, Wire) = (gateway, new(gateway.Gateway.SmtpEndpoint));

    public Wire Wire { get; }

    /// <param name="domains">Of which every recipient is taken; for support@in.example.com and team@ no domain need be named.</param>
    /// <param name="change">Settings of the server; null: defaults.</param>
    /// <param name="defer">A recipient that is asked to come later; null: nobody is.</param>
    public static async Task<Inbox> StartAsync(IEnumerable<string>? domains = null, Action<SmtpOptions>? change = null, string? defer = null)
    {
        var smtp = new SmtpOptions { Hostname = "mx.in.example.com" };
        change?.Invoke(smtp);
        return new(await EmbeddedGateway.StartAsync(Configuration(domains ?? [], defer), change: options => options with { Smtp = smtp }));
    }

    /// <summary>From now on, or as soon as it was looked at, nobody is asked to come later.</summary>
    public async Task DeferNobodyAsync()
    {
        var reload = _gateway.Gateway.Services.GetRequiredService<LiveConfiguration>();
        var before = reload.Current;
        await _gateway.ReconfigureAsync(Configuration([], defer: null));
        while (ReferenceEquals(reload.Current, before))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static JsonObject Configuration(IEnumerable<string> domains, string? defer)
    {
        var own = new JsonObject { ["name"] = "in.example.com", ["recipients"] = new JsonArray("support", "team") };
        if (defer is not null)
        {
            own["defer"] = new JsonArray(defer);
        }

        return new()
        {
            ["version"] = 1,
            ["domains"] = new JsonArray([own, .. domains.Select(name => new JsonObject { ["name"] = name })]),
            ["endpoints"] = new JsonArray(),
            ["routes"] = new JsonArray(new JsonObject
            {
                ["id"] = Route,
                ["priority"] = 1,
                ["match"] = new JsonObject(),
                ["actions"] = new JsonArray(new JsonObject { ["store"] = new JsonObject() }),
            }),
        };
    }

    /// <summary>Everything that was answered 250 until now, in the order in which it came.</summary>
    public async Task<IReadOnlyList<Taken>> TakenAsync()
    {
        var all = new List<Taken>();
        foreach (var id in await IdsAsync())
        {
            await _gateway.WaitForAsync(entry => entry.Kind == ActivityKind.Stored && entry.MessageId == id);
            all.Add(await ReadAsync(id));
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Wire.DisposeAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"{Wire}");
        }
        finally
        {
            await _gateway.DisposeAsync();
        }
    }

    private async Task<Taken> ReadAsync(MessageId id)
    {
        var cancel = TestContext.Current.CancellationToken;
        var entry = await _gateway.Service<IStateStore>().GetAsync(new(KeptRecord.Stored, $"{id}:{Route}:0"), cancel);
        var record = JsonSerializer.Deserialize(entry!.Value.Span, RecordJson.Relaxed.KeptRecord)!;
        await using var raw = await _gateway.Service<IMessageStore>().OpenRawAsync(id, cancel);
        var octets = new MemoryStream();
        await raw!.CopyToAsync(octets, cancel);
        return new(octets.ToArray(), record.Event);
    }

    /// <summary>From the database, where they are before the client is told 250; the stages come later.</summary>
    private async Task<IReadOnlyList<MessageId>> IdsAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        var source = new SqliteConnectionStringBuilder { DataSource = Path.Combine(_gateway.Gateway.DataDirectory, "gateway.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        await using var connection = new SqliteConnection(source.ToString());
        await connection.OpenAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM messages ORDER BY rowid";
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var ids = new List<MessageId>();
        while (await rows.ReadAsync(cancel))
        {
            ids.Add(new(new Guid((byte[])rows[0], bigEndian: true)));
        }

        return ids;
    }
}
