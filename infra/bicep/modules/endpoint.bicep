// One private endpoint, and the name that leads to it.
param name string
param location string
param group string
param zone string
param subnetId string
param target string

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [{ name: group, properties: { privateLinkServiceId: target, groupIds: [group] } }]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: group, properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zone) } }
      ]
    }
  }
}
