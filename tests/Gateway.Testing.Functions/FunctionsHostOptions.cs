namespace Gateway.Testing.Functions;

/// <summary>What a <see cref="FunctionsHost"/> is started with.</summary>
public sealed record FunctionsHostOptions
{
    /// <summary>Where the app was built: its dll, <c>host.json</c>, and <c>worker.config.json</c>, which names the dll.</summary>
    public required string ApplicationDirectory { get; init; }

    /// <summary>
    /// The app settings. They are the worker's environment, and the host reads from them what the real one reads: a trigger's connection, %NAME% in the
    /// names of queues, <c>AzureWebJobs.NAME.Disabled</c>, and <c>AzureFunctionsJobHost__…</c> in place of what <c>host.json</c> says.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>More variables for the nth start of the worker, 1 being the first; they win over the settings. Null: none.</summary>
    public Func<int, IReadOnlyDictionary<string, string>>? WorkerEnvironment { get; init; }
}
