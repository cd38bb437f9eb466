// Takes connections on port 25 and says to the server behind, in a line before them, who made them (PROXY protocol). It does not speak TLS: STARTTLS is
// between the client and the server.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string
param workspaceId string
param subnetId string

@description('Address and port of the containers in the network.')
param backendAddress string
param backendPort int

@description('In three zones of the region.')
param isZoneRedundant bool

var name = 'agw-${token}'

resource address 'Microsoft.Network/publicIPAddresses@2025-01-01' = {
  name: 'pip-mx-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  zones: isZoneRedundant ? ['1', '2', '3'] : null
  properties: {
    publicIPAllocationMethod: 'Static'
    idleTimeoutInMinutes: 15 // a client may be silent for five in the middle of a session
  }
}

// Both properties about the client's address are there from API version 2025-01-01 on; an older one drops them without a word.
resource gateway 'Microsoft.Network/applicationGateways@2025-01-01' = {
  name: name
  location: location
  tags: tags
  zones: isZoneRedundant ? ['1', '2', '3'] : null
  properties: {
    sku: { name: 'Standard_v2', tier: 'Standard_v2' }
    autoscaleConfiguration: { minCapacity: 0, maxCapacity: 3 }
    gatewayIPConfigurations: [{ name: 'gateway', properties: { subnet: { id: subnetId } } }]
    frontendIPConfigurations: [{ name: 'public', properties: { publicIPAddress: { id: address.id } } }]
    frontendPorts: [{ name: 'smtp', properties: { port: 25 } }]
    backendAddressPools: [{ name: 'containers', properties: { backendAddresses: [{ ipAddress: backendAddress }] } }]
    probes: [
      {
        name: 'smtp'
        properties: {
          protocol: 'Tcp'
          port: backendPort
          interval: 15
          timeout: 10
          unhealthyThreshold: 3
          enableProbeProxyProtocolHeader: true // else the server would wait for the line, as it must
        }
      }
    ]
    backendSettingsCollection: [
      {
        name: 'smtp'
        properties: {
          protocol: 'Tcp'
          port: backendPort
          timeout: 600
          enableL4ClientIpPreservation: true
          probe: { id: resourceId('Microsoft.Network/applicationGateways/probes', name, 'smtp') }
        }
      }
    ]
    listeners: [
      {
        name: 'smtp'
        properties: {
          protocol: 'Tcp'
          frontendIPConfiguration: {
            id: resourceId('Microsoft.Network/applicationGateways/frontendIPConfigurations', name, 'public')
          }
          frontendPort: { id: resourceId('Microsoft.Network/applicationGateways/frontendPorts', name, 'smtp') }
        }
      }
    ]
    routingRules: [
      {
        name: 'smtp'
        properties: {
          ruleType: 'Basic'
          priority: 100
          listener: { id: resourceId('Microsoft.Network/applicationGateways/listeners', name, 'smtp') }
          backendAddressPool: {
            id: resourceId('Microsoft.Network/applicationGateways/backendAddressPools', name, 'containers')
          }
          backendSettings: {
            id: resourceId('Microsoft.Network/applicationGateways/backendSettingsCollection', name, 'smtp')
          }
        }
      }
    ]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: gateway
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

output id string = gateway.id
output address string = address.properties.ipAddress
