// One stamp of Wheelhouse: a resource group, what may lie in it, and everything that runs.
// Deployed by an owner of the subscription; the deploy workflow repeats stamp.bicep alone.
targetScope = 'subscription'

@description('Name of the stamp: 2 to 11 lower-case letters, digits and hyphens. With azd, the name of the environment.')
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

@description('Public addresses of the other stamps: us=https://…,uk=https://…')
param otherStamps string = ''

@description('Further settings of the app (handlers/config.rs), such as those of a national cloud.')
param moreSettings object = {}

@description('privateEndpoints: storage and vault have no public address. serviceEndpoints: free, but they have one, open to the app\'s subnet alone.')
@allowed(['privateEndpoints', 'serviceEndpoints'])
param networkMode string = 'privateEndpoints'

@description('The private network, of 512 addresses.')
param addressPrefix string = '10.20.0.0/23'

@description('Who may reach port 443 of the app; ignored with Front Door, which is then the only one.')
param allowedCidrs string[] = ['0.0.0.0/0']

@description('Front Door in front: a host name of your own with a managed certificate. A global service.')
param frontDoor bool = false

@description('The host name of your own; only with Front Door.')
param customDomain string = ''

@description('Storage is encrypted with a key of this vault rather than with Microsoft\'s. Can\'t be taken back.')
param customerManagedKeys bool = false

@description('The app may read the vault\'s secrets: for calendar feeds that ask for a password.')
param feedSecrets bool = false

@description('Log each reading of a blob too; costs as much as all other logs several times over.')
param auditReadings bool = false

@description('Spread over zones; costs at least two instances where some are always ready.')
param zoneRedundant bool = false

@description('Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMb int = 512

@description('The most instances of each function.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('The most gigabytes of log a day; what is beyond is lost.')
@minValue(1)
param dailyQuotaGb int = 1

@description('Address of the package, for a deployment without a workflow; empty: the package is brought later.')
param packageUri string = ''

@description('The tenant whose Owners own this deployment: the one of the app registration.')
param homeTenant string = tenant().tenantId

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
    homeTenant: homeTenant
    otherStamps: otherStamps
    moreSettings: moreSettings
    networkMode: networkMode
    addressPrefix: addressPrefix
    allowedCidrs: allowedCidrs
    frontDoor: frontDoor
    customDomain: customDomain
    customerManagedKeys: customerManagedKeys
    feedSecrets: feedSecrets
    auditReadings: auditReadings
    zoneRedundant: zoneRedundant
    instanceMemoryMb: instanceMemoryMb
    maximumInstanceCount: maximumInstanceCount
    dailyQuotaGb: dailyQuotaGb
    alertEmail: alertEmail
    packageUri: packageUri
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
output WHEELHOUSE_IDENTITY_PRINCIPAL_ID string = everything.outputs.identityPrincipalId
output WHEELHOUSE_DEPLOYER_CLIENT_ID string = deployer.?outputs.clientId ?? ''
