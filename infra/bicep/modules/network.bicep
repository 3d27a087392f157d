// The private network: one subnet for the app, one for the private endpoints, and the names that lead to them.
param stamp string
param location string
param addressPrefix string
param isPrivate bool

var zones = items(loadJsonContent('../../common/stamp.json').zones)
var appPrefix = cidrSubnet(addressPrefix, 26, 0)
var serviceEndpoints = [{ service: 'Microsoft.Storage' }, { service: 'Microsoft.KeyVault' }]

resource rules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-wheelhouse-${stamp}-endpoints'
  location: location
  properties: {
    securityRules: [
      {
        name: 'the-app-by-https'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: appPrefix
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }
      }
      {
        name: 'nobody-else'
        properties: {
          priority: 4000
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

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-wheelhouse-${stamp}'
  location: location
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appPrefix
          delegations: [{ name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }]
          serviceEndpoints: isPrivate ? [] : serviceEndpoints
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 27, 8)
          networkSecurityGroup: { id: rules.id }
          // Rules are passed over for private endpoints unless this says otherwise.
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zones: if (isPrivate) {
    name: zone.value
    location: 'global'
  }
]

resource zoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (link, i) in zones: if (isPrivate) {
    parent: zone[i]
    name: 'vnet-wheelhouse-${stamp}'
    location: 'global'
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

output appSubnetId string = '${network.id}/subnets/app'
output endpointsSubnetId string = '${network.id}/subnets/endpoints'
