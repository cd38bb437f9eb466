namespace Gateway.Server;

/// <summary>Options that are well formed and do not go together; the message names them.</summary>
internal sealed class UsageException(string message) : Exception(message);
