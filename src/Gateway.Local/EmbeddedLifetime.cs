using Microsoft.Extensions.Hosting;

namespace Gateway.Local;

/// <summary>
/// Leaves signals to the program that the gateway is part of. The host's usual lifetime catches SIGINT, SIGQUIT and SIGTERM and then waits
/// for somebody to stop it: a program or a test run that embeds a gateway would not end on Ctrl+C any more.
/// </summary>
public sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
