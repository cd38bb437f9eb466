using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Where webhooks go.</summary>
/// <param name="Id">1 to 64 of A-Z, a-z, 0-9, '-' and '_'.</param>
/// <param name="Url">https, or http only with <paramref name="AllowPrivate"/>; no user info, no fragment.</param>
/// <param name="Secrets">One or two: while a secret is being changed both sign.</param>
/// <param name="Timeout">For the whole request and answer; 1 to 100 seconds, by default 15.</param>
/// <param name="AllowPrivate">The address may be loopback, private or link-local; platform addresses stay refused.</param>
public sealed record EndpointRule(string Id, Uri Url, ImmutableArray<SecretReference> Secrets, TimeSpan Timeout, bool AllowPrivate);

/// <summary>Where a secret is; never the secret.</summary>
/// <param name="Kind">"env" or "file".</param>
/// <param name="Name">The variable or the path.</param>
public sealed record SecretReference(string Kind, string Name)
{
    public override string ToString() => $"{Kind}:{Name}";
}
