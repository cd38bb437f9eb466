// Mail, state and configuration. Entered by identities only; what is deleted can be had back for a week, which a notice about privacy must count in.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string
param workspaceId string

@description('Days that raw mail and its parts stay after they came.')
param rawRetentionDays int

@description('Days that mail which a record refers to stays after it was last kept.')
param keptRetentionDays int

param isIsolated bool

@description('Copies in three zones of the region.')
param isZoneRedundant bool

@description('An IPv4 address that is let through the firewall; empty: none is.')
param deployerAddress string

var containers = ['raw', 'parts', 'kept', 'config']

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'stmail${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: isZoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isIsolated && empty(deployerAddress) ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isIsolated ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: isIsolated && !empty(deployerAddress) ? [{ value: deployerAddress, action: 'Allow' }] : []
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      isVersioningEnabled: false // an older version would outlive the retention
    }

    resource container 'containers' = [
      for name in containers: {
        name: name
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource tables 'tableServices' = {
    name: 'default'

    resource state 'tables' = {
      name: 'state'
    }
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'raw'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['raw/'] }
              actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: rawRetentionDays } } }
            }
          }
          {
            name: 'parts'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['parts/'] }
              actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: rawRetentionDays } } }
            }
          }
          {
            name: 'kept'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['kept/'] }
              // A record is written after its copy was made or renewed, and must not outlive it.
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: keptRetentionDays + 2 } } }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output tableEndpoint string = account.properties.primaryEndpoints.table
output configurationContainer string = account::blobs::container[3].name
