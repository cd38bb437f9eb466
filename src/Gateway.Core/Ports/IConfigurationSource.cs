namespace Gateway.Core.Ports;

/// <summary>Where the configuration document is kept.</summary>
public interface IConfigurationSource
{
    /// <summary>Most octets of a document.</summary>
    const int MaxOctets = 4 * 1024 * 1024;

    /// <summary>What is read, for messages to a person: a path or a blob's name.</summary>
    string Name { get; }

    /// <summary>The document as it is now; null when there is none. Its ETag changes when its octets do.</summary>
    /// <exception cref="IOException">It is there and cannot be read, or has more than <see cref="MaxOctets"/>.</exception>
    ValueTask<ConfigurationText?> ReadAsync(CancellationToken cancel);

    /// <summary>Replaces the document if it is still the one that was read.</summary>
    /// <param name="octets">The new document, at most <see cref="MaxOctets"/>.</param>
    /// <param name="eTag">Of the document read before; null: there must be none.</param>
    /// <param name="cancel">Gives up; the outcome is then unknown.</param>
    /// <returns>The new ETag; null when somebody else was faster and nothing was written.</returns>
    ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> octets, string? eTag, CancellationToken cancel);
}

/// <summary>A configuration document, not yet parsed.</summary>
public sealed record ConfigurationText(ReadOnlyMemory<byte> Octets, string ETag);
