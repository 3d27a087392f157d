// What wakes somebody, and the page to look at then.
param stamp string
param location string
param workspaceId string
param email string

var rules = loadJsonContent('../../common/alerts.json')

resource notify 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-wheelhouse-${stamp}'
  location: 'global'
  properties: {
    enabled: true
    groupShortName: 'wheelhouse'
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-wheelhouse-${stamp}-${rule.name}'
    location: location
    kind: 'LogAlert'
    properties: {
      displayName: 'Wheelhouse ${stamp}: ${rule.title}'
      description: rule.means
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: join(rule.query, '\n')
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // The tables come with the first line of log.
      skipQueryValidation: true
      autoMitigate: true
      actions: { actionGroups: empty(email) ? [] : [notify.id] }
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'wheelhouse', stamp)
  location: location
  kind: 'shared'
  properties: {
    displayName: 'Wheelhouse ${stamp}'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: loadTextContent('../../common/workbook.json')
  }
}
