// The network that the SMTP server is in, and who may connect to what in it. Addresses are of no meaning outside.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string

@description('An Application Gateway stands before the containers, and alone may connect to them.')
param hasGateway bool

@description('Functions are in the network too, and storage, bus and vault have addresses in it.')
param isIsolated bool

@description('The way out of the functions is in three zones of the region.')
param isZoneRedundant bool

var containerAddresses = '10.40.0.0/24'
var functionAddresses = '10.40.1.0/24'
var gatewayAddresses = '10.40.2.0/24'
var endpointAddresses = '10.40.3.0/24'

// What the load balancer of a Container Apps environment sends traffic of TCP apps on to.
var nodePorts = '30000-32767'

resource containerRules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = {
  name: 'nsg-containers-${token}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'Smtp'
        properties: {
          // With a gateway: nobody else may connect, since whoever can could forge a client's address. Without: mail comes from anywhere; Azure leads what comes to the
          // environment's public address past these rules, so they cannot keep a network out.
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: hasGateway ? gatewayAddresses : 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: containerAddresses
          destinationPortRanges: [hasGateway ? '2525' : '25', nodePorts]
        }
      }
      {
        name: 'Environment'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: containerAddresses
          sourcePortRange: '*'
          destinationAddressPrefix: containerAddresses
          destinationPortRange: '*'
        }
      }
      {
        name: 'Probes'
        properties: {
          priority: 120
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'AzureLoadBalancer'
          sourcePortRange: '*'
          destinationAddressPrefix: containerAddresses
          destinationPortRange: nodePorts
        }
      }
      {
        name: 'NothingElse'
        properties: {
          priority: 4096
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource gatewayRules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = if (hasGateway) {
  name: 'nsg-gateway-${token}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'Smtp'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '25'
        }
      }
      {
        name: 'Management' // an Application Gateway does not come up without it
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'GatewayManager'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '65200-65535'
        }
      }
      {
        name: 'Probes'
        properties: {
          priority: 120
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: 'AzureLoadBalancer'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource functionRules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = if (isIsolated) {
  name: 'nsg-functions-${token}' // what Azure has by default lets nothing in from outside, and no function waits for a connection
  location: location
  tags: tags
}

resource endpointRules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = if (isIsolated) {
  name: 'nsg-endpoints-${token}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'Programs'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: [containerAddresses, functionAddresses]
          sourcePortRange: '*'
          destinationAddressPrefix: endpointAddresses
          destinationPortRanges: ['443', '5671-5672']
        }
      }
      {
        name: 'NothingElse'
        properties: {
          priority: 4096
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// In the network the functions have no way out of their own. So webhooks come from one address, too, that endpoints can let through.
resource wayOutAddress 'Microsoft.Network/publicIPAddresses@2025-01-01' = if (isIsolated) {
  name: 'pip-nat-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  zones: isZoneRedundant ? ['1', '2', '3'] : null
  properties: { publicIPAllocationMethod: 'Static' }
}

resource wayOut 'Microsoft.Network/natGateways@2025-01-01' = if (isIsolated) {
  name: 'ng-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: wayOutAddress.id }] }
}

var containerSubnet = {
  name: 'containers'
  properties: {
    addressPrefix: containerAddresses
    networkSecurityGroup: { id: containerRules.id }
    delegations: [{ name: 'environment', properties: { serviceName: 'Microsoft.App/environments' } }]
  }
}

var gatewaySubnet = {
  name: 'gateway'
  properties: {
    addressPrefix: gatewayAddresses
    networkSecurityGroup: { id: gatewayRules.id }
  }
}

var isolatedSubnets = [
  {
    name: 'functions'
    properties: {
      addressPrefix: functionAddresses
      networkSecurityGroup: { id: functionRules.id }
      natGateway: { id: wayOut.id }
      defaultOutboundAccess: false
      delegations: [{ name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }]
    }
  }
  {
    name: 'endpoints'
    properties: {
      addressPrefix: endpointAddresses
      networkSecurityGroup: { id: endpointRules.id }
      privateEndpointNetworkPolicies: 'Enabled' // else the rules above would not count for endpoints
      defaultOutboundAccess: false
    }
  }
]

resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.40.0.0/16'] }
    subnets: concat([containerSubnet], hasGateway ? [gatewaySubnet] : [], isIsolated ? isolatedSubnets : [])
  }
}

output networkId string = network.id
output containerSubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'containers')
output gatewaySubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'gateway')
output functionSubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'functions')
output endpointSubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'endpoints')

@description('From where the ingress of the environment connects to a container: its subnet, and addresses that it uses within.')
output ingressNetworks string = '${containerAddresses},100.64.0.0/10'
