namespace Gateway.Azure;

/// <summary>The configuration document in blob storage.</summary>
public sealed class BlobConfigurationOptions
{
    /// <summary>Its name in the container <c>config</c>; null: <c>gateway.json</c>.</summary>
    public string? Blob { get; set; }

    /// <summary>How often it is looked at. Default 5 seconds; an unchanged one costs a request without a body.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (Blob is { Length: 0 or > 1024 })
        {
            yield return "Configuration:Blob must be a blob's name, of 1 to 1,024 characters";
        }

        if (PollInterval < TimeSpan.FromSeconds(1) || PollInterval > TimeSpan.FromMinutes(5))
        {
            yield return "Configuration:PollInterval must be between 1 second and 5 minutes";
        }
    }
}
