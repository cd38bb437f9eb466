using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Core.Events;
using Gateway.Local.Storage;
using Gateway.Testing.ServiceBus;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Ports.Tests;

/// <summary>An event as a receiver would get it.</summary>
public sealed record QueuedEvent(string Id, byte[] Body);

/// <summary>The queues of one machine, read past the adapter.</summary>
internal sealed class SqliteSide : IDisposable
{
    private readonly TestDirectory _temp = new();

    public SqliteSide(TimeProvider clock)
    {
        Data = DataDirectory.Open(_temp.Path);
        Database = LocalDatabase.Open(Data);
        Queue = new(Database, new(), clock);
        Clock = clock;
    }

    public DataDirectory Data { get; }

    public LocalDatabase Database { get; }

    public SqliteStageQueue Queue { get; }

    public TimeProvider Clock { get; }

    /// <summary>What is due.</summary>
    public IReadOnlyList<QueuedEvent> Due(StageQueue queue)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Data.Database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, body FROM queue WHERE queue = $queue AND due <= $now ORDER BY seq";
        command.Parameters.AddWithValue("$queue", (int)queue);
        command.Parameters.AddWithValue("$now", Clock.GetUtcNow().ToUnixTimeMilliseconds());
        using var rows = command.ExecuteReader();
        var due = new List<QueuedEvent>();
        while (rows.Read())
        {
            due.Add(new(rows.GetString(0), (byte[])rows[1]));
        }

        return due;
    }

    public void Dispose()
    {
        Database.Dispose();
        Data.Dispose();
        _temp.Dispose();
    }
}

/// <summary>The queues of a Service Bus namespace, read past the adapter.</summary>
internal sealed class BusSide : IAsyncDisposable
{
    private readonly ServiceBusBroker _broker;
    private readonly ServiceBusClient _reader;

    private BusSide(ServiceBusBroker broker)
    {
        _broker = broker;
        _reader = new(broker.ConnectionString);
        Clients = new(new() { ConnectionString = broker.ConnectionString }, null);
    }

    public BusClients Clients { get; }

    public static async Task<BusSide> StartAsync(FakeTimeProvider clock) => new(await ServiceBusBroker.StartAsync(new() { Clock = clock }));

    /// <summary>What is due.</summary>
    public async Task<IReadOnlyList<QueuedEvent>> DueAsync(StageQueue queue)
    {
        await using var receiver = _reader.CreateReceiver(QueueNames.Of(queue));
        var all = new List<ServiceBusReceivedMessage>();
        while (await receiver.PeekMessagesAsync(200, all.Count == 0 ? 0 : all[^1].SequenceNumber + 1, TestContext.Current.CancellationToken) is { Count: > 0 } page)
        {
            all.AddRange(page);
        }

        return [.. all.Where(message => message.State == ServiceBusMessageState.Active).Select(message => new QueuedEvent(message.MessageId, message.Body.ToArray()))];
    }

    public async ValueTask DisposeAsync()
    {
        await Clients.DisposeAsync();
        await _reader.DisposeAsync();
        await _broker.DisposeAsync();
    }
}

/// <summary>Meters that nobody reads.</summary>
internal sealed class NoMeters : System.Diagnostics.Metrics.IMeterFactory
{
    public System.Diagnostics.Metrics.Meter Create(System.Diagnostics.Metrics.MeterOptions options) => new(options);

    public void Dispose()
    {
        // The process ends soon.
    }
}
