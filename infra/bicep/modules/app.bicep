// The app: one Flex Consumption plan, one site, and its settings, of which none is a secret.
param stamp string
param location string
param name string
param identityId string
param identityClientId string
param hostAccount string
param dataAccount string
param vaultUri string
param insightsConnection string
param subnetId string
param allowedCidrs string[]
param frontDoorId string
param zoneRedundant bool
param instanceMemoryMb int
param maximumInstanceCount int
param packageUri string
param public {
  url: string
  homeTenant: string
  appClientId: string
  scopedAppClientId: string
  region: string
  otherStamps: string
}
param moreSettings object

var suffix = environment().suffixes.storage
// An empty setting counts as not set.
var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: 'https://${hostAccount}.blob.${suffix}/'
  Data__credential: 'managedidentity'
  Data__clientId: identityClientId
  Data__queueServiceUri: 'https://${dataAccount}.queue.${suffix}/'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  WHEELHOUSE_PLATFORM: 'azure'
  WHEELHOUSE_BLOB_URL: 'https://${dataAccount}.blob.${suffix}/'
  WHEELHOUSE_QUEUE_URL: 'https://${dataAccount}.queue.${suffix}/'
  WHEELHOUSE_VAULT_URL: vaultUri
  WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID: identityClientId
  WHEELHOUSE_APP_CLIENT_ID: public.appClientId
  WHEELHOUSE_SCOPED_APP_CLIENT_ID: public.scopedAppClientId
  WHEELHOUSE_PUBLIC_URL: public.url
  WHEELHOUSE_HOME_TENANT: public.homeTenant
  WHEELHOUSE_REGION: public.region
  WHEELHOUSE_STAMPS: public.otherStamps
}
var throughFrontDoor = [
  {
    name: 'front-door'
    priority: 100
    action: 'Allow'
    tag: 'ServiceTag'
    ipAddress: 'AzureFrontDoor.Backend'
    headers: { 'x-azure-fdid': [frontDoorId] }
  }
]
var direct = [
  for (cidr, i) in allowedCidrs: { name: 'allowed-${i}', priority: 100 + i, action: 'Allow', ipAddress: cidr }
]

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-wheelhouse-${stamp}'
  location: location
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  tags: { 'azd-service-name': 'wheelhouse' }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${hostAccount}.blob.${suffix}/app-package'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'custom', version: '1.0' }
      scaleAndConcurrency: { instanceMemoryMB: instanceMemoryMb, maximumInstanceCount: maximumInstanceCount }
    }
    siteConfig: {
      appSettings: [for setting in items(union(moreSettings, settings)): { name: setting.key, value: setting.value }]
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictions: empty(frontDoorId) ? direct : throughFrontDoor
      ipSecurityRestrictionsDefaultAction: 'Deny'
      scmIpSecurityRestrictions: []
      scmIpSecurityRestrictionsDefaultAction: 'Deny'
      scmIpSecurityRestrictionsUseMain: false
    }
  }
}

resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [
  for way in ['ftp', 'scm']: {
    parent: app
    name: any(way)
    properties: { allow: false }
  }
]

resource package 'Microsoft.Web/sites/extensions@2024-11-01' = if (!empty(packageUri)) {
  parent: app
  name: 'onedeploy'
  #disable-next-line BCP037
  properties: { packageUri: packageUri, remoteBuild: false }
}
