using System.Text.Json.Nodes;
using Gateway.Pipeline.Delivery;
using Microsoft.Data.Sqlite;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>A data directory, a configuration and a secret, for a gateway that is started on them again and again.</summary>
internal sealed class DataSite : IDisposable
{
    /// <summary>Endpoints, and mailboxes that lead to one each: one endpoint alone has few slots.</summary>
    public const int Endpoints = 4;

    private readonly TestDirectory _root = new();
    private readonly string _receiver;

    public DataSite(string receiver)
    {
        _receiver = receiver;
        File.WriteAllText(SecretPath, Secret);
        Configure(0);
    }

    public string Secret { get; } = WebhookSecret.New();

    public string Data => _root.File("data");

    public string Raw => Path.Combine(Data, "raw");

    public string Database => Path.Combine(Data, "gateway.db");

    private string SecretPath => _root.File("secret");

    private string ConfigurationPath => _root.File("gateway.json");

    /// <summary>Arguments of the program; ports are free ones each time.</summary>
    /// <param name="more">Behind them.</param>
    public IReadOnlyList<string> DevArguments(params string[] more) =>
        ["dev", "--data", Data, "--config", ConfigurationPath, "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", .. more];

    public static string MailboxOf(int endpoint) => $"box{endpoint}@in.example.com";

    /// <summary>Puts a new document in the place of the old one; <paramref name="edition"/> makes it another one.</summary>
    public void Configure(int edition)
    {
        // Whole or not at all: a gateway that starts just now refuses half a document, and rightly.
        File.WriteAllText(ConfigurationPath + ".next", Document(_receiver, $"file:{SecretPath}", edition).ToJsonString());
        File.Move(ConfigurationPath + ".next", ConfigurationPath, overwrite: true);
    }

    /// <summary>Mailboxes that lead to one endpoint each.</summary>
    /// <param name="receiver">Where the endpoints are.</param>
    /// <param name="secret">A reference.</param>
    /// <param name="edition">Makes it another document.</param>
    public static JsonObject Document(string receiver, string secret, int edition)
    {
        var recipients = new JsonArray();
        var endpoints = new JsonArray();
        var routes = new JsonArray();
        for (var endpoint = 0; endpoint < Endpoints; endpoint++)
        {
            recipients.Add(MailboxOf(endpoint).Split('@')[0]);
            endpoints.Add(new JsonObject
            {
                ["id"] = $"app{endpoint}",
                ["url"] = $"{receiver}/{endpoint}",
                ["secrets"] = new JsonArray(secret),
                ["allowPrivate"] = true,
                ["timeoutSeconds"] = 30 + (edition % 2),
            });
            routes.Add(new JsonObject
            {
                ["id"] = $"to-app{endpoint}",
                ["priority"] = endpoint + 1,
                ["match"] = new JsonObject { ["recipient"] = MailboxOf(endpoint) },
                ["actions"] = new JsonArray(new JsonObject { ["webhook"] = $"app{endpoint}" }),
                ["stop"] = true,
            });
        }

        // postmaster is always accepted, and a document without a warning makes a gateway that logs none.
        routes.Add(new JsonObject
        {
            ["id"] = "rest",
            ["priority"] = Endpoints + 1,
            ["match"] = new JsonObject(),
            ["actions"] = new JsonArray(new JsonObject { ["webhook"] = "app0" }),
        });
        return new()
        {
            ["version"] = 1,
            ["domains"] = new JsonArray(new JsonObject { ["name"] = "in.example.com", ["recipients"] = recipients }),
            ["endpoints"] = endpoints,
            ["routes"] = routes,
        };
    }

    /// <summary>Events in all queues, whatever they wait for.</summary>
    public async Task<long> QueuedAsync(CancellationToken cancel)
    {
        await using var connection = await ReadAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM queue";
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Waits until no event is left in any queue. False when some are after <paramref name="limit"/>.</summary>
    public async Task<bool> DrainsWithinAsync(TimeSpan limit, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        var clock = TimeProvider.System;
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) < limit;)
        {
            if (await QueuedAsync(cancel) == 0)
            {
                return true;
            }

            await timer.WaitForNextTickAsync(cancel);
        }

        return false;
    }

    /// <summary>Files in <c>raw/</c> against the rows that say of themselves to have one; null when both are the same.</summary>
    public async Task<string?> LeftoversAsync(CancellationToken cancel)
    {
        await using var connection = await ReadAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM messages WHERE raw IS NULL";
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var named = new HashSet<string>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancel))
        {
            named.Add(new Guid((byte[])rows[0], bigEndian: true).ToString());
        }

        var files = Directory.EnumerateFiles(Raw).Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal);
        return named.SetEquals(files) ? null : $"{files.Except(named).Count()} files without a row, {named.Except(files).Count()} rows without their file";
    }

    public void Dispose() => _root.Dispose();

    private async Task<SqliteConnection> ReadAsync(CancellationToken cancel)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await connection.OpenAsync(cancel);
        return connection;
    }
}
