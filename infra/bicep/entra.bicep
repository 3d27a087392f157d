// The app registrations, for all stamps together: no secret, no certificate, only the stamps' identities.
// Made once, before the first stamp; repeated with one more entry in `stamps` for each stamp (docs/DEPLOY.md has the commands).
extension microsoftGraphV1

@description('What people see when they consent.')
param displayName string = 'Wheelhouse'

@description('Every stamp that there is: its public address without a slash at the end, and the principal id of its identity; outputs of the stamp.')
param stamps { name: string, url: string, identity: string }[] = []

@description('Who has which app role in this tenant: object ids of people, groups or service principals.')
param people { id: string, role: string }[] = []

@description('Make the second registration, for tenants that grant single mailboxes only.')
param scoped bool = true

var common = loadJsonContent('../common/entra.json')
var issuer = '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
var directory = map(common.directory, permission => { id: permission.id, type: 'Role' })
var mailboxes = map(common.mailboxes, permission => { id: permission.id, type: 'Role' })
var signIn = map(common.signIn, permission => { id: permission.id, type: 'Scope' })
var redirects = flatten(map(stamps, stamp => map(common.redirects, path => '${stamp.url}${path}')))
var main = {
  name: 'wheelhouse'
  title: displayName
  asks: concat(directory, mailboxes, signIn)
  roles: common.roles
  scopes: common.scopes
}
var single = {
  name: 'wheelhouse-scoped'
  title: '${displayName} (single mailboxes)'
  asks: directory
  roles: []
  scopes: []
}
var registrations = scoped ? [main, single] : [main]
var logins = flatten(map(registrations, one => map(stamps, stamp => { of: one.name, stamp: stamp.name, identity: stamp.identity })))

resource registration 'Microsoft.Graph/applications@v1.0' = [
  for one in registrations: {
    uniqueName: one.name
    displayName: one.title
    signInAudience: 'AzureADMultipleOrgs'
    // The sign-in shows who may consent for a tenant: its Global and Privileged Role Administrators.
    groupMembershipClaims: 'DirectoryRole'
    api: {
      requestedAccessTokenVersion: 2
      // People without a browser: Azure CLI may ask for tokens in their name, every other program needs an administrator's consent.
      oauth2PermissionScopes: map(one.scopes, scope => {
        id: scope.id
        value: scope.value
        type: 'Admin'
        adminConsentDisplayName: scope.title
        adminConsentDescription: scope.text
        isEnabled: true
      })
      preAuthorizedApplications: empty(one.scopes) ? [] : map(common.clients, client => {
        appId: client.id
        delegatedPermissionIds: map(one.scopes, scope => scope.id)
      })
    }
    web: { redirectUris: redirects, implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false } }
    servicePrincipalLockConfiguration: { isEnabled: true, allProperties: true }
    requiredResourceAccess: [{ resourceAppId: common.graph, resourceAccess: one.asks }]
    appRoles: map(one.roles, role => {
      id: role.id
      value: role.value
      displayName: role.title
      description: role.text
      allowedMemberTypes: ['User', 'Application']
      isEnabled: true
    })
  }
]

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = [
  for (one, i) in registrations: {
    appId: registration[i].appId
  }
]

// One at a time: Entra refuses two at once for one registration.
@batchSize(1)
resource login 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = [
  for one in logins: {
    name: '${one.of}/${one.stamp}'
    audiences: [common.audience]
    issuer: issuer
    subject: one.identity
    dependsOn: [registration]
  }
]

resource assignment 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for one in people: {
    appRoleId: filter(common.roles, role => role.value == one.role)[0].id
    principalId: one.id
    resourceId: principal[0].id
  }
]

output appClientId string = registration[0].appId
output scopedAppClientId string = scoped ? registration[1].appId : ''
