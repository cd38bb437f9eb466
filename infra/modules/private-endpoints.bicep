// Addresses in the network for what the programs use, and the names by which they find them.

param location string
param tags object

@minLength(13)
@maxLength(13)
param token string

param networkId string
param subnetId string
param mailStorageId string
param hostStorageId string
param vaultId string
param busId string

// The names are those that Azure's public zones refer to; only the suffix of storage differs from cloud to cloud in a way that Bicep knows.
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
  bus: 'privatelink.servicebus.windows.net'
}

var endpoints = [
  { name: 'mail-blob', service: mailStorageId, groupId: 'blob', zone: zoneNames.blob }
  { name: 'mail-table', service: mailStorageId, groupId: 'table', zone: zoneNames.table }
  { name: 'host-blob', service: hostStorageId, groupId: 'blob', zone: zoneNames.blob }
  { name: 'vault', service: vaultId, groupId: 'vault', zone: zoneNames.vault }
  { name: 'bus', service: busId, groupId: 'namespace', zone: zoneNames.bus }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zoneNames): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, i) in items(zoneNames): {
    parent: zones[i]
    name: 'network'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2025-01-01' = [
  for item in endpoints: {
    name: 'pe-${item.name}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: item.name
          #disable-next-line use-resource-id-functions // they are ids: parameters, by way of the list
          properties: { privateLinkServiceId: item.service, groupIds: [item.groupId] }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = [
  for (item, i) in endpoints: {
    parent: endpoint[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: item.name
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', item.zone) }
        }
      ]
    }
    dependsOn: [zones]
  }
]
