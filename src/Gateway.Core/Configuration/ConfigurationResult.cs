using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>A configuration, or every reason why there is none.</summary>
/// <param name="Configuration">Null if and only if there are errors.</param>
/// <param name="Errors">All of them, in the document's order.</param>
/// <param name="Warnings">What is valid and probably not meant.</param>
public sealed record ConfigurationResult(
    GatewayConfiguration? Configuration,
    ImmutableArray<ConfigurationError> Errors,
    ImmutableArray<ConfigurationError> Warnings);
