namespace Gateway.Local;

/// <summary>Why a gateway could not start.</summary>
public enum StartupFault
{
    DataDirectory,
    DataDirectoryInUse,
    Database,
    Configuration,
    Certificate,
    SmtpEndpoint,
    HttpEndpoint,
    Store,
}

/// <summary>The gateway cannot start; the message is a sentence for the person who started it.</summary>
public sealed class StartupException(StartupFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public StartupFault Fault { get; } = fault;
}
