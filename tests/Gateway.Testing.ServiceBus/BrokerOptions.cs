using System.Security.Cryptography;

namespace Gateway.Testing.ServiceBus;

/// <summary>What a <see cref="ServiceBusBroker"/> is started with.</summary>
public sealed record BrokerOptions
{
    /// <summary>Default: the gateway's three queues, as they are set up in Azure.</summary>
    public IReadOnlyList<QueueOptions> Queues { get; init; } =
        [new() { Name = "received" }, new() { Name = "inspected" }, new() { Name = "deliveries" }];

    /// <summary>Port on 127.0.0.1; 0 (default): any that is free.</summary>
    public int Port { get; init; }

    /// <summary>
    /// Moves locks, schedules, expiry and duplicate detection. The client's own clock stays the machine's: with a clock that tests move, leave
    /// automatic lock renewal off. Tokens are judged by the machine's clock, since the client dates them with it.
    /// </summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The shared access key, at most 256 characters; default: 32 random octets in base64, new for each broker.</summary>
    public string Key { get; init; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Throws with every fault named at once.</summary>
    internal void Validate()
    {
        var faults = Queues.SelectMany(queue => queue.Faults()).ToList();
        if (Queues.Count == 0 || Queues.DistinctBy(queue => queue.Name, StringComparer.OrdinalIgnoreCase).Count() != Queues.Count)
        {
            faults.Add("Queues must hold at least one queue, and each name once");
        }

        if (Port is < 0 or > 65535)
        {
            faults.Add("Port must be from 0 to 65535");
        }

        if (Key.Length is 0 or > 256 || Key.Contains(';', StringComparison.Ordinal) || Key.Any(char.IsWhiteSpace))
        {
            faults.Add("Key must have 1 to 256 characters, with no space and no ';'");
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
