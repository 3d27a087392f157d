// Nothing may be made in this group outside the region class: an assignment of the built-in policy "Allowed locations".
param dataRegion string
param allowed string[]

resource locations 'Microsoft.Authorization/policyAssignments@2025-01-01' = {
  name: 'wheelhouse-locations'
  properties: {
    displayName: 'Wheelhouse: data stays in ${dataRegion}'
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', 'e56962a6-4747-49cd-b67b-bf8b01975c4c')
    enforcementMode: 'Default'
    parameters: { listOfAllowedLocations: { value: allowed } }
  }
}
