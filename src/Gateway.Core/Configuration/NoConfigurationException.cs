namespace Gateway.Core.Configuration;

/// <summary>There is no valid configuration yet: mail waits until there is (invariant 11). It is never the event's fault.</summary>
public sealed class NoConfigurationException() : InvalidOperationException("There is no valid configuration yet");
