using Azure.Messaging.ServiceBus;

namespace Gateway.Azure;

/// <summary>The Service Bus namespace with the three queues of <see cref="QueueNames"/>.</summary>
public sealed class BusOptions
{
    /// <summary>E.g. <c>NAME.servicebus.windows.net</c>, entered with a token credential; null with a connection string.</summary>
    public string? Namespace { get; set; }

    /// <summary>Of an emulator and of nothing else (UseDevelopmentEmulator=true). Null: <see cref="Namespace"/> counts.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Time for one operation before it is tried again. Default 10 seconds.</summary>
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an operation that failed for now is tried again. Default 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (ConnectionString is not null)
        {
            if (Namespace is not null)
            {
                yield return "Bus: ConnectionString and Namespace do not go together";
            }

            if (!ConnectionString.Split(';', StringSplitOptions.TrimEntries).Contains("UseDevelopmentEmulator=true", StringComparer.OrdinalIgnoreCase))
            {
                yield return "Bus:ConnectionString is for emulators only (UseDevelopmentEmulator=true); a real namespace needs Namespace";
            }
            else if (!CanBeRead(ConnectionString))
            {
                yield return "Bus:ConnectionString is not a connection string of a namespace with Endpoint, SharedAccessKeyName and SharedAccessKey";
            }
        }
        else if (Namespace is null)
        {
            yield return "Bus:Namespace is missing";
        }
        else if (Uri.CheckHostName(Namespace) != UriHostNameType.Dns || !Namespace.Contains('.', StringComparison.Ordinal))
        {
            yield return "Bus:Namespace must be a host name, such as NAME.servicebus.windows.net";
        }

        if (TryTimeout < TimeSpan.FromSeconds(1) || TryTimeout > TimeSpan.FromMinutes(2))
        {
            yield return "Bus:TryTimeout must be between 1 second and 2 minutes";
        }

        if (MaxRetries is < 0 or > 10)
        {
            yield return "Bus:MaxRetries must be between 0 and 10";
        }
    }

    private static bool CanBeRead(string connectionString)
    {
        try
        {
            return ServiceBusConnectionStringProperties.Parse(connectionString) is
            {
                Endpoint.Host.Length: > 0, EntityPath: null or "", SharedAccessKeyName.Length: > 0, SharedAccessKey.Length: > 0,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return false;
        }
    }
}
