// Who may do what, each at the narrowest scope there is. tests/Gateway.Infra.Tests/Bicep holds this against what the programs call: a role that no code needs fails there.

param storageName string
param hostStorageName string
param busName string
param vaultName string
param registryName string
param insightsName string

param smtpPrincipalId string
param functionsPrincipalId string

@description('Who runs azd; empty: nobody is given anything.')
param deployerPrincipalId string
param deployerPrincipalType string

@description('The vault\'s certificate of the SMTP server; empty: it has none there.')
param certificateName string

var roleIds = {
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobDelegator: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  busReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  busSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  secretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

// A row is a grant. What a scope is called within its account, namespace or vault is the row's name.

var onContainers = concat(
  [
    { name: 'raw', role: roleIds.blobContributor, principalId: smtpPrincipalId, principalType: 'ServicePrincipal' }
    { name: 'config', role: roleIds.blobReader, principalId: smtpPrincipalId, principalType: 'ServicePrincipal' }
    { name: 'raw', role: roleIds.blobReader, principalId: functionsPrincipalId, principalType: 'ServicePrincipal' }
    {
      name: 'parts'
      role: roleIds.blobContributor
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
    }
    {
      name: 'kept'
      role: roleIds.blobContributor
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
    }
    { name: 'config', role: roleIds.blobReader, principalId: functionsPrincipalId, principalType: 'ServicePrincipal' }
  ],
  empty(deployerPrincipalId)
    ? []
    : [
        {
          name: 'config'
          role: roleIds.blobContributor
          principalId: deployerPrincipalId
          principalType: deployerPrincipalType
        }
      ]
)

// Reader: whoever scales the functions asks, as they, how many events are due in a queue. Without the right to it looks at the first few instead, and when these
// are retries that wait for their time nothing is woken for what is due behind them.
var onQueues = [
  { name: 'received', role: roleIds.busSender, principalId: smtpPrincipalId }
  { name: 'received', role: roleIds.busReceiver, principalId: functionsPrincipalId }
  { name: 'received', role: roleIds.busSender, principalId: functionsPrincipalId }
  { name: 'received', role: roleIds.reader, principalId: functionsPrincipalId }
  { name: 'inspected', role: roleIds.busReceiver, principalId: functionsPrincipalId }
  { name: 'inspected', role: roleIds.busSender, principalId: functionsPrincipalId }
  { name: 'inspected', role: roleIds.reader, principalId: functionsPrincipalId }
  { name: 'deliveries', role: roleIds.busReceiver, principalId: functionsPrincipalId }
  { name: 'deliveries', role: roleIds.busSender, principalId: functionsPrincipalId }
  { name: 'deliveries', role: roleIds.reader, principalId: functionsPrincipalId }
]

// Links need the right to delegate in the account, and there is a table a month.
var onStorage = [roleIds.blobDelegator, roleIds.tableContributor]

var onVault = concat(
  [{ role: roleIds.secretsUser, principalId: functionsPrincipalId, principalType: 'ServicePrincipal' }],
  empty(deployerPrincipalId)
    ? []
    : [{ role: roleIds.secretsOfficer, principalId: deployerPrincipalId, principalType: deployerPrincipalType }]
)

var onInsights = [smtpPrincipalId, functionsPrincipalId]

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = [for grant in onContainers: { name: grant.name }]
  }
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: busName

  resource queue 'queues' existing = [for grant in onQueues: { name: grant.name }]
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource certificate 'secrets' existing = {
    name: empty(certificateName) ? 'none' : certificateName
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = {
  name: registryName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource containerRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, i) in onContainers: {
    scope: storage::blobs::container[i]
    name: guid(storage::blobs::container[i].id, grant.principalId, grant.role)
    properties: {
      principalId: grant.principalId
      principalType: grant.principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    }
  }
]

resource queueRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, i) in onQueues: {
    scope: bus::queue[i]
    name: guid(bus::queue[i].id, grant.principalId, grant.role)
    properties: {
      principalId: grant.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    }
  }
]

resource storageRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onStorage: {
    scope: storage
    name: guid(storage.id, functionsPrincipalId, role)
    properties: {
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource vaultRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in onVault: {
    scope: vault
    name: guid(vault.id, grant.principalId, grant.role)
    properties: {
      principalId: grant.principalId
      principalType: grant.principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    }
  }
]

resource insightsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in onInsights: {
    scope: insights
    name: guid(insights.id, principalId, roleIds.metricsPublisher)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.metricsPublisher)
    }
  }
]

resource smtpRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, smtpPrincipalId, roleIds.acrPull)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.acrPull)
  }
}

resource smtpCertificate 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(certificateName)) {
  scope: vault::certificate
  name: guid(vault::certificate.id, smtpPrincipalId, roleIds.secretsUser)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.secretsUser)
  }
}

resource functionsHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostStorage
  name: guid(hostStorage.id, functionsPrincipalId, roleIds.blobOwner)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobOwner)
  }
}
