using Azure.Core;
using Azure.Identity;

namespace Gateway.Azure;

/// <summary>How the program proves who it is.</summary>
public enum CredentialKind
{
    /// <summary>The identity that the platform gave to the container: the default.</summary>
    ManagedIdentity,

    /// <summary>A Kubernetes service account that is federated.</summary>
    WorkloadIdentity,

    /// <summary>AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or a certificate in the environment.</summary>
    Environment,

    /// <summary>Who is logged in with <c>az login</c>: for a developer's machine.</summary>
    AzureCli,
}

/// <summary>
/// One way to be known, chosen and not guessed: a chain of tries takes seconds at start, and in production it may find another identity
/// than was meant.
/// </summary>
public sealed class CredentialOptions
{
    public CredentialKind Kind { get; set; } = CredentialKind.ManagedIdentity;

    /// <summary>Client id of a user-assigned identity, a GUID; null: the system-assigned one, or what the environment says.</summary>
    public string? ClientId { get; set; }

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (ClientId is not null && !Guid.TryParse(ClientId, out _))
        {
            yield return "Credential:ClientId must be a GUID";
        }

        if (ClientId is not null && Kind is not (CredentialKind.ManagedIdentity or CredentialKind.WorkloadIdentity))
        {
            yield return $"Credential:ClientId goes with Kind ManagedIdentity or WorkloadIdentity, not with {Kind}";
        }
    }

    public TokenCredential Create() => Kind switch
    {
        CredentialKind.WorkloadIdentity => new WorkloadIdentityCredential(ClientId is null ? new() : new() { ClientId = ClientId }),
        CredentialKind.Environment => new EnvironmentCredential(),
        CredentialKind.AzureCli => new AzureCliCredential(),
        _ => new ManagedIdentityCredential(ClientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(ClientId)),
    };
}
