// The vault: the key that wraps the tenants' data keys and, if wanted, the one that encrypts storage.
param stamp string
param location string
param name string
param isPrivate bool
param subnetId string
param workspaceId string
param customerManagedKeys bool

var roles = loadJsonContent('../../common/stamp.json').roles

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      // Storage fetches its key as a trusted service; nobody else does.
      bypass: customerManagedKeys ? 'AzureServices' : 'None'
      virtualNetworkRules: isPrivate ? [] : [{ id: subnetId }]
    }
  }
}

resource key 'Microsoft.KeyVault/vaults/keys@2024-11-01' = [
  for name in concat(['wheelhouse'], customerManagedKeys ? ['storage'] : []): {
    parent: vault
    name: name
    properties: {
      kty: 'RSA'
      keySize: 3072
      keyOps: ['wrapKey', 'unwrapKey']
      rotationPolicy: {
        attributes: { expiryTime: 'P2Y' }
        lifetimeActions: [{ trigger: { timeAfterCreate: 'P1Y' }, action: { type: 'rotate' } }]
      }
    }
  }
]

resource storageKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' existing = {
  parent: vault
  name: 'storage'
}

resource storageIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (customerManagedKeys) {
  name: 'id-wheelhouse-${stamp}-storage'
  location: location
}

resource onStorageKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'storageKey'): if (customerManagedKeys) {
    scope: storageKey
    name: guid(storageKey.id, storageIdentity.id, role.id)
    properties: {
      principalId: storageIdentity!.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
    }
    dependsOn: [key]
  }
]

resource vaultAudit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output uri string = vault.properties.vaultUri
// What storage is encrypted with; empty: Microsoft's own key.
output encryption object = customerManagedKeys
  ? { identityId: storageIdentity.id, vaultUri: vault.properties.vaultUri, key: storageKey.name }
  : {}
