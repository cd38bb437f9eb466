// The queues between the stages. What a queue is made with decides what is lost and what comes twice: see each property.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string
param workspaceId string

@description('Premium, in the network alone: a namespace cannot be moved from one to the other.')
param isIsolated bool

var queues = ['received', 'inspected', 'deliveries']

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-${token}'
  location: location
  tags: tags
  sku: isIsolated ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isIsolated ? 'Disabled' : 'Enabled'
  }

  resource queue 'queues' = [
    for name in queues: {
      name: name
      properties: {
        // A send that is repeated because its answer was lost is dropped by its message id. Cannot be turned on later.
        requiresDuplicateDetection: true
        duplicateDetectionHistoryTimeWindow: 'PT1H'
        lockDuration: 'PT5M' // the most there is; who works longer renews it
        maxDeliveryCount: 10
        // What nobody worked on for two weeks becomes a record by way of the dead-letter queue. It is never dropped.
        defaultMessageTimeToLive: 'P14D'
        deadLetteringOnMessageExpiration: true
        maxSizeInMegabytes: 5120
        enablePartitioning: false
        requiresSession: false
      }
    }
  ]

  resource network 'networkRuleSets' = if (isIsolated) {
    name: 'default'
    properties: {
      publicNetworkAccess: 'Disabled'
      defaultAction: 'Deny'
      trustedServiceAccessEnabled: false
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

output id string = namespace.id
output name string = namespace.name
output hostname string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
