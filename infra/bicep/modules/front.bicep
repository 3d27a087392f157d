// Front Door: a host name of your own in front of the app. A global service: TLS ends at the nearest of its places.
param stamp string
param token string
param appHost string
param customDomain string

resource profile 'Microsoft.Cdn/profiles@2025-06-01' = {
  name: 'afd-wheelhouse-${stamp}'
  location: 'global'
  sku: { name: 'Standard_AzureFrontDoor' }
}

resource front 'Microsoft.Cdn/profiles/afdEndpoints@2025-06-01' = {
  parent: profile
  name: 'wheelhouse-${stamp}-${token}'
  location: 'global'
  properties: { enabledState: 'Enabled' }
}

resource origins 'Microsoft.Cdn/profiles/originGroups@2025-06-01' = {
  parent: profile
  name: 'app'
  // No probes: with one origin there is nothing to choose, and each of a hundred places would wake the app.
  properties: { loadBalancingSettings: { sampleSize: 4, successfulSamplesRequired: 3 } }
}

resource origin 'Microsoft.Cdn/profiles/originGroups/origins@2025-06-01' = {
  parent: origins
  name: 'app'
  properties: {
    hostName: appHost
    originHostHeader: appHost
    httpsPort: 443
    enforceCertificateNameCheck: true
  }
}

resource domain 'Microsoft.Cdn/profiles/customDomains@2025-06-01' = if (!empty(customDomain)) {
  parent: profile
  name: 'own'
  properties: {
    hostName: customDomain
    tlsSettings: { certificateType: 'ManagedCertificate', minimumTlsVersion: 'TLS12' }
  }
}

resource route 'Microsoft.Cdn/profiles/afdEndpoints/routes@2025-06-01' = {
  parent: front
  name: 'all'
  properties: {
    originGroup: { id: origins.id }
    customDomains: empty(customDomain) ? [] : [{ id: domain.id }]
    patternsToMatch: ['/*']
    supportedProtocols: ['Http', 'Https']
    httpsRedirect: 'Enabled'
    forwardingProtocol: 'HttpsOnly'
    linkToDefaultDomain: empty(customDomain) ? 'Enabled' : 'Disabled'
  }
  dependsOn: [origin]
}

output frontDoorId string = profile.properties.frontDoorId
output url string = 'https://${empty(customDomain) ? front.properties.hostName : customDomain}'
