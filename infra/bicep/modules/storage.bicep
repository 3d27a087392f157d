// One storage account: no keys, no public address, no copy outside the region.
param name string
param location string
param containers string[]
param queues string[]
@description('Prefixes of what may be deleted by its age alone.')
param marks string[]
@description('How long deleted blobs can be brought back; 0: not at all.')
param keptDays int
param isPrivate bool
param subnetId string
param workspaceId string
param auditReadings bool
param encryption object

var days = loadJsonContent('../../common/stamp.json').days
var ownKey = !empty(encryption)

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  sku: { name: 'Standard_ZRS' }
  kind: 'StorageV2'
  identity: ownKey ? { type: 'UserAssigned', userAssignedIdentities: { '${encryption.identityId}': {} } } : null
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      virtualNetworkRules: isPrivate ? [] : [{ id: subnetId }]
    }
    encryption: {
      requireInfrastructureEncryption: true
      services: { queue: { keyType: 'Account' }, table: { keyType: 'Account' } }
      keySource: ownKey ? 'Microsoft.Keyvault' : 'Microsoft.Storage'
      identity: ownKey ? { userAssignedIdentity: encryption.identityId } : null
      keyvaultproperties: ownKey ? { keyvaulturi: encryption.vaultUri, keyname: encryption.key } : null
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: keptDays > 0 ? { enabled: true, days: keptDays } : { enabled: false }
      containerDeleteRetentionPolicy: keptDays > 0 ? { enabled: true, days: keptDays } : { enabled: false }
    }

    resource container 'containers' = [for each in containers: { name: each, properties: { publicAccess: 'None' } }]
  }

  resource messages 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [for each in queues: { name: each }]
  }

  resource purge 'managementPolicies' = if (!empty(marks)) {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'marks'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: marks }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: days.marks } } }
            }
          }
        ]
      }
    }
  }
}

resource blobAudit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account::blobs
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageDelete', enabled: true }
      { category: 'StorageRead', enabled: auditReadings }
    ]
  }
}
