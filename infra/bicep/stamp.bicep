// Everything of one stamp, inside one resource group. May be repeated at any time: it changes what differs.
@description('Name of the stamp: 2 to 11 lower-case letters, digits and hyphens.')
@minLength(2)
@maxLength(11)
param stamp string

@description('Where everything lies.')
param location string = resourceGroup().location

@description('The region class that the app answers for.')
@allowed(['eu', 'us'])
param dataRegion string

@description('Client id of the app registration that tenants consent to.')
@minLength(36)
@maxLength(36)
param appClientId string

@description('Client id of the app registration for tenants that grant single mailboxes only; empty: not offered.')
param scopedAppClientId string = ''

@description('The tenant whose Owners own this deployment: the one of the app registration.')
param homeTenant string = tenant().tenantId

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

@description('Whom the alerts write to; empty: alerts are shown in the portal only.')
param alertEmail string = ''

@description('Address of the package, for a deployment without a workflow; empty: the package is brought later.')
param packageUri string = ''

var common = loadJsonContent('../common/stamp.json')
var token = uniqueString(resourceGroup().id, stamp)
var short = replace(stamp, '-', '')
var isPrivate = networkMode == 'privateEndpoints'
var names = {
  app: 'func-wheelhouse-${stamp}-${take(token, 6)}'
  host: 'whhost${short}${take(token, 7)}'
  data: 'whdata${short}${take(token, 7)}'
  vault: 'kv-${stamp}-${take(token, 9)}'
}
var ownUrl = 'https://${names.app}.azurewebsites.net'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-wheelhouse-${stamp}'
  location: location
}

module network 'modules/network.bicep' = {
  name: 'network'
  params: { stamp: stamp, location: location, addressPrefix: addressPrefix, isPrivate: isPrivate }
}

module logs 'modules/logs.bicep' = {
  name: 'logs'
  params: { stamp: stamp, location: location, dailyQuotaGb: dailyQuotaGb }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    stamp: stamp
    location: location
    name: names.vault
    isPrivate: isPrivate
    subnetId: network.outputs.appSubnetId
    workspaceId: logs.outputs.workspaceId
    customerManagedKeys: customerManagedKeys
  }
}

module storage 'modules/storage.bicep' = [
  for purpose in ['host', 'data']: {
    name: 'storage-${purpose}'
    params: {
      name: names[purpose]
      location: location
      containers: common.containers[purpose]
      queues: common.queues[purpose]
      marks: purpose == 'data' ? common.marks : []
      keptDays: purpose == 'host' ? common.days.packages : 0
      isPrivate: isPrivate
      subnetId: network.outputs.appSubnetId
      workspaceId: logs.outputs.workspaceId
      auditReadings: auditReadings
      encryption: vault.outputs.encryption
    }
  }
]

module endpoints 'modules/endpoint.bicep' = [
  for end in common.endpoints: if (isPrivate) {
    name: 'endpoint-${end.on}-${end.group}'
    params: {
      name: 'pe-${names[end.on]}-${end.group}'
      location: location
      group: end.group
      zone: common.zones[end.group]
      subnetId: network.outputs.endpointsSubnetId
      target: end.on == 'vault'
        ? resourceId('Microsoft.KeyVault/vaults', names.vault)
        : resourceId('Microsoft.Storage/storageAccounts', names[end.on])
    }
    dependsOn: [storage]
  }
]

module grants 'modules/grants.bicep' = {
  name: 'grants'
  params: {
    principalId: identity.properties.principalId
    host: names.host
    data: names.data
    vault: names.vault
    insights: logs.outputs.insightsName
    feedSecrets: feedSecrets
  }
  dependsOn: [storage, vault]
}

module front 'modules/front.bicep' = if (frontDoor) {
  name: 'front'
  params: { stamp: stamp, token: take(token, 6), appHost: '${names.app}.azurewebsites.net', customDomain: customDomain }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    stamp: stamp
    location: location
    name: names.app
    identityId: identity.id
    identityClientId: identity.properties.clientId
    hostAccount: names.host
    dataAccount: names.data
    vaultUri: vault.outputs.uri
    insightsConnection: logs.outputs.insightsConnection
    subnetId: network.outputs.appSubnetId
    allowedCidrs: allowedCidrs
    frontDoorId: frontDoor ? front!.outputs.frontDoorId : ''
    zoneRedundant: zoneRedundant
    instanceMemoryMb: instanceMemoryMb
    maximumInstanceCount: maximumInstanceCount
    packageUri: packageUri
    public: {
      url: frontDoor ? front!.outputs.url : ownUrl
      homeTenant: homeTenant
      appClientId: appClientId
      scopedAppClientId: scopedAppClientId
      region: dataRegion
      otherStamps: otherStamps
    }
    moreSettings: moreSettings
  }
  dependsOn: [grants, endpoints]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: { stamp: stamp, location: location, workspaceId: logs.outputs.workspaceId, email: alertEmail }
}

output appName string = names.app
output publicUrl string = frontDoor ? front!.outputs.url : ownUrl
output identityPrincipalId string = identity.properties.principalId
