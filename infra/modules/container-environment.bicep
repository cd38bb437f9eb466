// Where the SMTP server runs. The server itself is infra/smtp.bicep, deployed with its image.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string
param workspaceId string
param subnetId string

@description('Has no public address. Cannot be changed later.')
param isInternal bool

@description('Replicas are spread over three zones. Cannot be changed later.')
param isZoneRedundant bool

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-${token}'
  location: location
  tags: tags
  properties: {
    zoneRedundant: isZoneRedundant
    vnetConfiguration: {
      infrastructureSubnetId: subnetId
      internal: isInternal
    }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
    appLogsConfiguration: { destination: 'azure-monitor' } // by the setting below: the other way asks for the workspace's key
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

output name string = environment.name
output address string = environment.properties.staticIp
