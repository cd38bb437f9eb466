namespace Gateway.Core.Configuration;

/// <summary>The configuration in force. Readers take <see cref="Current"/> once for a piece of work; whoever reloads replaces it.</summary>
public sealed class LiveConfiguration
{
    private volatile GatewayConfiguration? _current;

    /// <summary>The newest valid configuration; null until there has been one. A bad document never replaces a good one.</summary>
    public GatewayConfiguration? Current => _current;

    /// <exception cref="NoConfigurationException">There has been none yet.</exception>
    public GatewayConfiguration Required => _current ?? throw new NoConfigurationException();

    public void Replace(GatewayConfiguration next) => _current = next;
}
