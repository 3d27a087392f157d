// The app registrations, once for all stamps: no secret, no certificate, only the stamps' identities.
// Deployed once by an Application Developer of the home tenant, and again when a stamp is added:
//   az deployment group create -g GROUP -f infra/bicep/entra.bicep -p publicUrls='["https://…"]' identities='["…"]'
extension microsoftGraphV1

@description('What people see when they consent.')
param displayName string = 'Wheelhouse'

@description('Public addresses of all stamps, without a slash at the end.')
param publicUrls string[]

@description('Principal ids of the stamps\' identities: identityPrincipalId of each stamp; empty before the first stamp.')
param identities string[] = []

@description('Make the second registration, for tenants that grant single mailboxes only.')
param scoped bool = true

var common = loadJsonContent('../common/entra.json')
var issuer = '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
var directory = map(common.directory, permission => { id: permission.id, type: 'Role' })
var mailboxes = map(common.mailboxes, permission => { id: permission.id, type: 'Role' })
var signIn = map(common.signIn, permission => { id: permission.id, type: 'Scope' })
var redirects = flatten(map(publicUrls, url => map(common.redirects, path => '${url}${path}')))
var lock = { isEnabled: true, allProperties: true }

resource main 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'wheelhouse'
  displayName: displayName
  signInAudience: 'AzureADMultipleOrgs'
  api: { requestedAccessTokenVersion: 2 }
  web: { redirectUris: redirects, implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false } }
  servicePrincipalLockConfiguration: lock
  requiredResourceAccess: [{ resourceAppId: common.graph, resourceAccess: concat(directory, mailboxes, signIn) }]
  appRoles: [
    for role in common.roles: {
      id: role.id
      value: role.value
      displayName: role.title
      description: role.text
      allowedMemberTypes: ['User', 'Application']
      isEnabled: true
    }
  ]
}

resource mainPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: main.appId
}

resource mainLogin 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = [
  for (identity, i) in identities: {
    name: '${main.uniqueName}/stamp-${i}'
    audiences: [common.audience]
    issuer: issuer
    subject: identity
  }
]

resource scopedApp 'Microsoft.Graph/applications@v1.0' = if (scoped) {
  uniqueName: 'wheelhouse-scoped'
  displayName: '${displayName} (single mailboxes)'
  signInAudience: 'AzureADMultipleOrgs'
  api: { requestedAccessTokenVersion: 2 }
  web: { redirectUris: redirects, implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false } }
  servicePrincipalLockConfiguration: lock
  requiredResourceAccess: [{ resourceAppId: common.graph, resourceAccess: directory }]
}

resource scopedPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = if (scoped) {
  appId: scopedApp!.appId
}

resource scopedLogin 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = [
  for (identity, i) in identities: if (scoped) {
    name: '${scopedApp!.uniqueName}/stamp-${i}'
    audiences: [common.audience]
    issuer: issuer
    subject: identity
  }
]

output appClientId string = main.appId
output scopedAppClientId string = scoped ? scopedApp!.appId : ''
output principalId string = mainPrincipal.id
