// One stamp of Wheelhouse: a resource group, what may lie in it, and everything that runs.
// Deployed by an owner of the subscription; the deploy workflow repeats stamp.bicep alone.
targetScope = 'subscription'

@description('Name of the stamp: 2 to 11 lower-case letters and digits. With azd, the name of the environment.')
@minLength(2)
@maxLength(11)
param stamp string

@description('Where everything lies; must be of the region class.')
@metadata({ azd: { type: 'location' } })
param location string

@description('The region class: tenants of another one are refused, and so is every resource elsewhere.')
@allowed(['eu', 'us'])
param dataRegion string

@description('Client id of the app registration that tenants consent to: an output of entra.bicep.')
@minLength(36)
@maxLength(36)
param appClientId string

@description('Client id of the app registration for tenants that grant single mailboxes only; empty: that is not offered.')
param scopedAppClientId string = ''

@description('Whom the alerts write to; empty: alerts are shown in the portal only.')
param alertEmail string = ''

@description('Who may deploy by a workflow, such as repo:ORG/REPO:environment:eu-prod; empty: no identity is made for it.')
param deployerSubject string = ''

var regions = loadJsonContent('../common/stamp.json').regions

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-wheelhouse-${stamp}'
  location: location
  tags: { 'azd-env-name': stamp }
}

module residency 'modules/residency.bicep' = {
  name: 'residency'
  scope: group
  params: { dataRegion: dataRegion, allowed: regions[dataRegion] }
}

module everything 'stamp.bicep' = {
  name: 'stamp'
  scope: group
  params: {
    stamp: stamp
    location: location
    dataRegion: dataRegion
    appClientId: appClientId
    scopedAppClientId: scopedAppClientId
    alertEmail: alertEmail
  }
  dependsOn: [residency]
}

module deployer 'modules/deployer.bicep' = if (!empty(deployerSubject)) {
  name: 'deployer'
  scope: group
  params: { stamp: stamp, location: location, subject: deployerSubject }
}

output AZURE_RESOURCE_GROUP string = group.name
output WHEELHOUSE_PUBLIC_URL string = everything.outputs.publicUrl
output WHEELHOUSE_APP_NAME string = everything.outputs.appName
output identityPrincipalId string = everything.outputs.identityPrincipalId
output deployerClientId string = deployer.?outputs.clientId ?? ''
