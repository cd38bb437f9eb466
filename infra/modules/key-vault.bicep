// Webhook secrets and the server's certificate. A vault that is deleted keeps its name for 90 days, and nothing shortens that: so the name holds the
// environment's, by its token.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string
param workspaceId string
param isIsolated bool

@description('An IPv4 address that is let through the firewall; empty: none is.')
param deployerAddress string

@description('Bring back a vault of this name that was deleted, with what is in it.')
param isRecovered bool

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    createMode: isRecovered ? 'recover' : 'default'
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: isIsolated && empty(deployerAddress) ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isIsolated ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: isIsolated && !empty(deployerAddress) ? [{ value: deployerAddress }] : []
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output id string = vault.id
output name string = vault.name
output endpoint string = vault.properties.vaultUri
