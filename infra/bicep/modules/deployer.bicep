// Who deploys by a workflow: an identity without a secret, with rights in this group alone.
param stamp string
param location string
param subject string

var roles = loadJsonContent('../../common/stamp.json').roles
var granted = join(map(filter(roles, each => each.to != 'deployer'), each => each.id), ', ')
var grants = 'Microsoft.Authorization/roleAssignments'
// The roles of the list and no others, to applications and nobody else.
var condition = join([
  '((!(ActionMatches{\'${grants}/write\'})) OR (@Request[${grants}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${granted}} AND @Request[${grants}:PrincipalType] StringEqualsIgnoreCase \'ServicePrincipal\'))'
  '((!(ActionMatches{\'${grants}/delete\'})) OR (@Resource[${grants}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${granted}} AND @Resource[${grants}:PrincipalType] StringEqualsIgnoreCase \'ServicePrincipal\'))'
], ' AND ')

resource deployer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-wheelhouse-${stamp}-deployer'
  location: location
}

resource deployerLogin 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: deployer
  name: 'workflow'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: subject
    audiences: ['api://AzureADTokenExchange']
  }
}

resource onGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in filter(roles, each => each.on == 'group'): {
    name: guid(resourceGroup().id, deployer.id, role.id)
    properties: {
      principalId: deployer.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
      description: role.without
      condition: role.role == 'Contributor' ? null : condition
      conditionVersion: role.role == 'Contributor' ? null : '2.0'
    }
  }
]

output clientId string = deployer.properties.clientId
