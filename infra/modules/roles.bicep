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

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource raw 'containers' existing = {
      name: 'raw'
    }

    resource parts 'containers' existing = {
      name: 'parts'
    }

    resource kept 'containers' existing = {
      name: 'kept'
    }

    resource config 'containers' existing = {
      name: 'config'
    }
  }
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: busName

  resource received 'queues' existing = {
    name: 'received'
  }

  resource inspected 'queues' existing = {
    name: 'inspected'
  }

  resource deliveries 'queues' existing = {
    name: 'deliveries'
  }
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

resource smtpRaw 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::raw
  name: guid(storage::blobs::raw.id, smtpPrincipalId, roleIds.blobContributor)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource smtpConfig 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::config
  name: guid(storage::blobs::config.id, smtpPrincipalId, roleIds.blobReader)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobReader)
  }
}

resource smtpReceived 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::received
  name: guid(bus::received.id, smtpPrincipalId, roleIds.busSender)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busSender)
  }
}

resource smtpRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, smtpPrincipalId, roleIds.acrPull)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.acrPull)
  }
}

resource smtpInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, smtpPrincipalId, roleIds.metricsPublisher)
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.metricsPublisher)
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

resource functionsRaw 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::raw
  name: guid(storage::blobs::raw.id, functionsPrincipalId, roleIds.blobReader)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobReader)
  }
}

resource functionsParts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::parts
  name: guid(storage::blobs::parts.id, functionsPrincipalId, roleIds.blobContributor)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource functionsKept 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::kept
  name: guid(storage::blobs::kept.id, functionsPrincipalId, roleIds.blobContributor)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource functionsConfig 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::config
  name: guid(storage::blobs::config.id, functionsPrincipalId, roleIds.blobReader)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobReader)
  }
}

resource functionsLinks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage
  name: guid(storage.id, functionsPrincipalId, roleIds.blobDelegator)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobDelegator)
  }
}

resource functionsTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage
  name: guid(storage.id, functionsPrincipalId, roleIds.tableContributor)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.tableContributor)
  }
}

resource functionsReceivedReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::received
  name: guid(bus::received.id, functionsPrincipalId, roleIds.busReceiver)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busReceiver)
  }
}

resource functionsReceivedSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::received
  name: guid(bus::received.id, functionsPrincipalId, roleIds.busSender)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busSender)
  }
}

resource functionsInspectedReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::inspected
  name: guid(bus::inspected.id, functionsPrincipalId, roleIds.busReceiver)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busReceiver)
  }
}

resource functionsInspectedSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::inspected
  name: guid(bus::inspected.id, functionsPrincipalId, roleIds.busSender)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busSender)
  }
}

resource functionsDeliveriesReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::deliveries
  name: guid(bus::deliveries.id, functionsPrincipalId, roleIds.busReceiver)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busReceiver)
  }
}

resource functionsDeliveriesSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::deliveries
  name: guid(bus::deliveries.id, functionsPrincipalId, roleIds.busSender)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.busSender)
  }
}

// Whoever scales the functions asks, as they, how many events are due in a queue. Without the right to it looks at the first few instead, and when these are
// retries that wait for their time nothing is woken for what is due behind them.
resource functionsReceivedReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::received
  name: guid(bus::received.id, functionsPrincipalId, roleIds.reader)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.reader)
  }
}

resource functionsInspectedReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::inspected
  name: guid(bus::inspected.id, functionsPrincipalId, roleIds.reader)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.reader)
  }
}

resource functionsDeliveriesReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::deliveries
  name: guid(bus::deliveries.id, functionsPrincipalId, roleIds.reader)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.reader)
  }
}

resource functionsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, functionsPrincipalId, roleIds.secretsUser)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.secretsUser)
  }
}

resource functionsInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, functionsPrincipalId, roleIds.metricsPublisher)
  properties: {
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.metricsPublisher)
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

resource deployerConfig 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  scope: storage::blobs::config
  name: guid(storage::blobs::config.id, deployerPrincipalId, roleIds.blobContributor)
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.blobContributor)
  }
}

resource deployerSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  scope: vault
  name: guid(vault.id, deployerPrincipalId, roleIds.secretsOfficer)
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds.secretsOfficer)
  }
}
