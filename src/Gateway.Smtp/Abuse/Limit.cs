namespace Gateway.Smtp.Abuse;

/// <summary>The limits that refuse something, as they are told in logs and metrics.</summary>
internal enum Limit
{
    /// <summary>Smtp:MaxConnections.</summary>
    Connections,
    ConnectionsPerAddress,
    ConnectionsPerNetwork,
    ConnectionsPerMinute,
    MessagesPerMinute,
    RecipientsPerMinute,
    ErrorsPerMinute,

    /// <summary>Limits:MaxMemoryOctets.</summary>
    Memory,
}
