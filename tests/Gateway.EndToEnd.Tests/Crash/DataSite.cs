using System.Text.Json.Nodes;
using Gateway.Pipeline.Delivery;
using Microsoft.Data.Sqlite;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>A data directory, a configuration and a secret, for a gateway that is started on them again and again.</summary>
internal sealed class DataSite : IDisposable
{
    /// <summary>Endpoints, and mailboxes that lead to one each: one endpoint alone has few slots.</summary>
    public const int Endpoints = 4;

    private readonly string _root = Directory.CreateTempSubdirectory("gateway-crash-").FullName;
    private readonly string _receiver;

    public DataSite(string receiver)
    {
        _receiver = receiver;
        File.WriteAllText(SecretPath, Secret);
        Configure(0);
    }

    public string Secret { get; } = WebhookSecret.New();

    public string Data => Path.Combine(_root, "data");

    public string Raw => Path.Combine(Data, "raw");

    public string Database => Path.Combine(Data, "gateway.db");

    private string SecretPath => Path.Combine(_root, "secret");

    private string ConfigurationPath => Path.Combine(_root, "gateway.json");

    /// <summary>Arguments of the program; ports are free ones each time.</summary>
    /// <param name="more">Behind them.</param>
    public IReadOnlyList<string> DevArguments(params string[] more) =>
        ["dev", "--data", Data, "--config", ConfigurationPath, "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", .. more];

    public static string MailboxOf(int endpoint) => $"box{endpoint}@in.example.com";

    /// <summary>Puts a new document in the place of the old one; <paramref name="edition"/> makes it another one.</summary>
    public void Configure(int edition)
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
                ["url"] = $"{_receiver}/{endpoint}",
                ["secrets"] = new JsonArray($"file:{SecretPath}"),
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
        var document = new JsonObject
        {
            ["version"] = 1,
            ["domains"] = new JsonArray(new JsonObject { ["name"] = "in.example.com", ["recipients"] = recipients }),
            ["endpoints"] = endpoints,
            ["routes"] = routes,
        };

        // Whole or not at all: a gateway that starts just now refuses half a document, and rightly.
        File.WriteAllText(ConfigurationPath + ".next", document.ToJsonString());
        File.Move(ConfigurationPath + ".next", ConfigurationPath, overwrite: true);
    }

    /// <summary>Events in all queues, whatever they wait for.</summary>
    public async Task<long> QueuedAsync(CancellationToken cancel)
    {
        var source = new SqliteConnectionStringBuilder { DataSource = Database, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        await using var connection = new SqliteConnection(source.ToString());
        await connection.OpenAsync(cancel);
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

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
