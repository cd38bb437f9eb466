// Everything but the SMTP server itself, which needs an image first: infra/smtp.bicep. Parameters are text, as environment variables are.

targetScope = 'subscription'

@description('Name of the azd environment.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of who runs azd, for the first configuration and the webhook\'s secret; empty: nobody is given anything.')
param principalId string = ''

@description('What that is.')
@allowed(['User', 'ServicePrincipal', 'Group'])
param principalType string = 'User'

@description('What takes connections on port 25. containerApp: the environment\'s own ingress, which hides clients\' addresses, so that SPF says nothing. applicationGateway: keeps them, for about 190 US$ a month more. Cannot be changed without making the environment anew.')
@allowed(['containerApp', 'applicationGateway'])
param smtpEdge string

@description('Domains that mail is taken for, comma-separated.')
@minLength(3)
param mailDomains string

@description('Host name for MX records; empty: mx. and the first domain.')
param mxHost string = ''

@description('Days that raw mail is kept, 30 at least.')
param rawRetentionDays string = '30'

@description('Days that mail which could not be delivered is kept, 30 at least.')
param keptRetentionDays string = '30'

@description('Days that stories of messages are kept, 30 at least.')
param activityRetentionDays string = '90'

@description('Storage, bus and vault have addresses in the network only. Service Bus Premium: about 680 US$ a month.')
@allowed(['true', 'false'])
param networkIsolation string = 'false'

@description('IPv4 address that may reach storage and vault all the same, so that the hooks can write; empty: none.')
param deployerAddress string = ''

@description('Spread over three availability zones; false: for a region that has none. Cannot be changed later.')
@allowed(['true', 'false'])
param zoneRedundant string = 'true'

@description('true: bring back the vault that a gateway of this name had before it was deleted.')
@allowed(['true', 'false'])
param recoverKeyVault string = 'false'

@description('Name of a certificate in the vault; empty: the server makes one for itself.')
param certificateName string = ''

@description('Where alerts go; empty: nowhere.')
param alertEmail string = ''

@description('GB of logs a day, after which no more are taken until the next.')
param dailyLogGb string = '5'

@description('Hours without mail after which that is told, 48 at most; 0: never.')
param quietHours string = '24'

@description('Address for reports about TLS (RFC 8460); empty: no such records.')
param tlsReportAddress string = ''

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var hasGateway = smtpEdge == 'applicationGateway'
var isIsolated = networkIsolation == 'true'
var isZoneRedundant = zoneRedundant == 'true'
var domains = filter(map(split(mailDomains, ','), domain => toLower(trim(domain))), domain => !empty(domain))
var host = empty(mxHost) ? 'mx.${domains[0]}' : toLower(mxHost)
var keptDays = max(30, int(keptRetentionDays))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: { location: location, tags: tags, token: token }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { location: location, tags: tags, token: token, dailyLogGb: max(1, int(dailyLogGb)) }
}

module network 'modules/network.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    hasGateway: hasGateway
    isIsolated: isIsolated
    isZoneRedundant: isZoneRedundant
  }
}

module mailStorage 'modules/mail-storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    rawRetentionDays: max(30, int(rawRetentionDays))
    keptRetentionDays: keptDays
    isIsolated: isIsolated
    isZoneRedundant: isZoneRedundant
    deployerAddress: deployerAddress
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    isIsolated: isIsolated
    isZoneRedundant: isZoneRedundant
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    isIsolated: isIsolated
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    isIsolated: isIsolated
    deployerAddress: deployerAddress
    isRecovered: recoverKeyVault == 'true'
  }
}

module registry 'modules/registry.bicep' = {
  scope: group
  params: { location: location, tags: tags, token: token, workspaceId: monitoring.outputs.workspaceId }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (isIsolated) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    networkId: network.outputs.networkId
    subnetId: network.outputs.endpointSubnetId
    mailStorageId: mailStorage.outputs.id
    hostStorageId: hostStorage.outputs.id
    vaultId: keyVault.outputs.id
    busId: serviceBus.outputs.id
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    storageName: mailStorage.outputs.name
    hostStorageName: hostStorage.outputs.name
    busName: serviceBus.outputs.name
    vaultName: keyVault.outputs.name
    registryName: registry.outputs.name
    insightsName: monitoring.outputs.insightsName
    smtpPrincipalId: identities.outputs.smtpPrincipalId
    functionsPrincipalId: identities.outputs.functionsPrincipalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    certificateName: certificateName
  }
}

module environment 'modules/container-environment.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    subnetId: network.outputs.containerSubnetId
    isInternal: hasGateway
    isZoneRedundant: isZoneRedundant
  }
}

module gateway 'modules/application-gateway.bicep' = if (hasGateway) {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    subnetId: network.outputs.gatewaySubnetId
    backendAddress: environment.outputs.address
    backendPort: 2525
    isZoneRedundant: isZoneRedundant
  }
}

module functions 'modules/functions.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    insightsName: monitoring.outputs.insightsName
    identityId: identities.outputs.functionsId
    identityClientId: identities.outputs.functionsClientId
    hostStorageName: hostStorage.outputs.name
    deploymentUrl: hostStorage.outputs.deploymentUrl
    subnetId: isIsolated ? network.outputs.functionSubnetId : ''
    settings: {
      Bus__fullyQualifiedNamespace: serviceBus.outputs.hostname
      GATEWAY_Storage__BlobEndpoint: mailStorage.outputs.blobEndpoint
      GATEWAY_Storage__TableEndpoint: mailStorage.outputs.tableEndpoint
      GATEWAY_KeyVault__Endpoint: keyVault.outputs.endpoint
      GATEWAY_Stages__ActivityRetention: '${max(30, int(activityRetentionDays))}.00:00:00'
      GATEWAY_Stages__KeptRetention: '${keptDays}.00:00:00'
    }
  }
  dependsOn: [roles, privateEndpoints] // it starts as soon as it is there
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    busId: serviceBus.outputs.id
    storageId: mailStorage.outputs.id
    gatewayId: hasGateway ? gateway!.outputs.id : ''
    email: alertEmail
    quietHours: int(quietHours)
  }
}

var address = hasGateway ? gateway!.outputs.address : environment.outputs.address

var mxRecords = map(domains, domain => {
  name: '${domain}.'
  type: 'MX'
  ttl: 3600
  value: '10 ${host}.'
  purpose: 'mail for ${domain} comes here'
  optional: false
})

var addressRecords = [
  {
    name: '${host}.'
    type: 'A'
    ttl: 3600
    value: address
    purpose: 'where the gateway is'
    optional: false
  }
]

var reportRecords = empty(tlsReportAddress)
  ? []
  : map(domains, domain => {
      name: '_smtp._tls.${domain}.'
      type: 'TXT'
      ttl: 3600
      value: 'v=TLSRPTv1; rua=mailto:${tlsReportAddress}'
      purpose: 'senders report here what went wrong with TLS'
      optional: true
    })

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.endpoint
output AZURE_CONTAINER_REGISTRY_NAME string = registry.outputs.name
output CONTAINER_ENVIRONMENT_NAME string = environment.outputs.name
output SMTP_IDENTITY_NAME string = identities.outputs.smtpName
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.insightsName
output SMTP_EDGE string = smtpEdge
output SMTP_TRUSTED_NETWORKS string = network.outputs.ingressNetworks
output MAIL_DOMAINS string = join(domains, ',') // azd keeps what it asked for to itself: from here the hooks know it
output MX_HOST string = host
output MX_ADDRESS string = address
output DNS_RECORDS string = string(concat(mxRecords, addressRecords, reportRecords))
output STORAGE_ACCOUNT_NAME string = mailStorage.outputs.name
output STORAGE_BLOB_ENDPOINT string = mailStorage.outputs.blobEndpoint
output STORAGE_TABLE_ENDPOINT string = mailStorage.outputs.tableEndpoint
output CONFIGURATION_CONTAINER string = mailStorage.outputs.configurationContainer
output KEY_VAULT_NAME string = keyVault.outputs.name
output KEY_VAULT_ENDPOINT string = keyVault.outputs.endpoint
// azd deploys infra/smtp.bicep only when the file is not what it was by this hash, and lets parameters pass: CERTIFICATE_NAME, say. So there never is a hash.
output SERVICE_SMTP_TEMPLATE_HASH string = 'none'
output SERVICE_BUS_NAMESPACE string = serviceBus.outputs.hostname
output SERVICE_BUS_NAME string = serviceBus.outputs.name
