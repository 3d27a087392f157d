// Where logs go: a workspace and Application Insights on it, gone after 30 days, written and read by Entra sign-in alone.
param stamp string
param location string
param dailyQuotaGb int

var days = loadJsonContent('../../common/stamp.json').days

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-wheelhouse-${stamp}'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: days.logs
    features: {
      disableLocalAuth: true
      immediatePurgeDataOn30Days: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-wheelhouse-${stamp}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    RetentionInDays: days.logs
    ImmediatePurgeDataOn30Days: true
    DisableLocalAuth: true
    DisableIpMasking: false
  }
}

output workspaceId string = workspace.id
output insightsName string = insights.name
// It names the place; without the role Monitoring Metrics Publisher nobody can write there.
output insightsConnection string = insights.properties.ConnectionString
