// What the app's identity may do: the rows of stamp.json, each on one thing, each with what breaks without it.
param principalId string
param host string
param data string
param vault string
param insights string
param feedSecrets bool

var roles = filter(loadJsonContent('../../common/stamp.json').roles, each => each.to == 'app')

resource hostAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = { name: host }
resource dataAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = { name: data }
resource keyVault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vault

  resource wrappingKey 'keys' existing = { name: 'wheelhouse' }
}
resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = { name: insights }

resource onHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'host'): {
    scope: hostAccount
    name: guid(hostAccount.id, principalId, role.id)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
    }
  }
]

resource onData 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'data'): {
    scope: dataAccount
    name: guid(dataAccount.id, principalId, role.id)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
    }
  }
]

resource onWrappingKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'wrappingKey'): {
    scope: keyVault::wrappingKey
    name: guid(keyVault::wrappingKey.id, principalId, role.id)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
    }
  }
]

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'vault'): if (feedSecrets) {
    scope: keyVault
    name: guid(keyVault.id, principalId, role.id)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
    }
  }
]

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'insights'): {
    scope: appInsights
    name: guid(appInsights.id, principalId, role.id)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
    }
  }
]
