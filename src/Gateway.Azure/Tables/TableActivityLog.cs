using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Azure.Tables;

/// <summary>The story of each message as entities of one partition, in a table for the month that the message is of.</summary>
/// <remarks>
/// Rows stand in the order in which they were appended, as far as the clocks of the processes that append agree; those of one process
/// always. Entries of the same moment are read in that order. A failure of the service is an exception of the SDK.
/// </remarks>
public sealed class TableActivityLog(StorageClients storage, TimeProvider clock) : IActivityLog
{
    /// <summary>The most that one transaction takes.</summary>
    private const int MaxBatch = 100;

    private const int MaxTextChars = 1000;
    private const int MaxPathChars = 500;
    private const string Entry = "Entry";

    private readonly string _process = Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
    private long _lastTicks;

    public async ValueTask AppendAsync(IReadOnlyList<ActivityEntry> entries, CancellationToken cancel)
    {
        foreach (var story in entries.GroupBy(entry => entry.MessageId))
        {
            var table = storage.Table(ActivityTables.NameOf(story.Key));
            foreach (var batch in story.Select(Entity).Chunk(MaxBatch))
            {
                // Replaces rather than adds: a batch may be sent again after an answer was lost, and its rows are its own.
                await SubmitAsync(table, [.. batch.Select(entity => new TableTransactionAction(TableTransactionActionType.UpsertReplace, entity))], cancel);
            }
        }
    }

    public async ValueTask<IReadOnlyList<ActivityEntry>> ReadAsync(MessageId id, CancellationToken cancel)
    {
        var entries = new List<ActivityEntry>();
        try
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {ActivityTables.Partition(id)}");
            await foreach (var entity in storage.Table(ActivityTables.NameOf(id)).QueryAsync<TableEntity>(filter, select: [Entry], cancellationToken: cancel))
            {
                entries.Add(JsonSerializer.Deserialize(entity.GetString(Entry), ActivityJson.Default.ActivityEntry)!);
            }
        }
        catch (RequestFailedException e) when (e.ErrorCode == TableErrorCode.TableNotFound)
        {
            // Nothing of that month has been written, or it is past its retention.
        }

        // A stage tells what it did when the next one may have told already: so it is the time at which it happened that counts.
        return [.. entries.OrderBy(entry => entry.At)];
    }

    private TableEntity Entity(ActivityEntry entry) =>
        new(ActivityTables.Partition(entry.MessageId), RowKey()) { [Entry] = JsonSerializer.Serialize(Cut(entry), ActivityJson.Default.ActivityEntry) };

    /// <summary>Time in ticks, but always later than the one before in this process, and no other process's.</summary>
    private string RowKey()
    {
        while (true)
        {
            var last = Volatile.Read(ref _lastTicks);
            var next = Math.Max(clock.GetUtcNow().Ticks, last + 1);
            if (Interlocked.CompareExchange(ref _lastTicks, next, last) == last)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{next:d19}-{_process}");
            }
        }
    }

    /// <summary>A property holds 32,768 characters and a batch 4 MiB; in JSON within JSON a character is up to 8 octets.</summary>
    private static ActivityEntry Cut(ActivityEntry entry) => entry with
    {
        From = Cut(entry.From, MaxPathChars)!,
        Recipient = Cut(entry.Recipient, MaxPathChars),
        Subject = Cut(entry.Subject, MaxTextChars),
        Reason = Cut(entry.Reason, MaxTextChars),
    };

    private static string? Cut(string? text, int chars) =>
        text is null || text.Length <= chars ? text : text[..(char.IsHighSurrogate(text[chars - 1]) ? chars - 1 : chars)];

    private static async Task SubmitAsync(TableClient table, List<TableTransactionAction> batch, CancellationToken cancel)
    {
        try
        {
            await table.SubmitTransactionAsync(batch, cancel);
        }
        catch (RequestFailedException e) when (e.ErrorCode == TableErrorCode.TableNotFound)
        {
            await table.CreateIfNotExistsAsync(cancel); // the first of the month; others may be making it too
            await table.SubmitTransactionAsync(batch, cancel);
        }
    }
}
