# What wakes somebody, and the page to look at then.

resource "azurerm_monitor_action_group" "notify" {
  count               = var.alert_email != "" ? 1 : 0
  name                = "ag-wheelhouse-${var.stamp}"
  resource_group_name = azurerm_resource_group.group.name
  short_name          = "wheelhouse"
  location            = "global"
  email_receiver {
    name                    = "operators"
    email_address           = var.alert_email
    use_common_alert_schema = true
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "alert" {
  for_each             = { for rule in jsondecode(file("${path.module}/../common/alerts.json")) : rule.name => rule }
  name                 = "alert-wheelhouse-${var.stamp}-${each.key}"
  resource_group_name  = azurerm_resource_group.group.name
  location             = var.location
  display_name         = "Wheelhouse ${var.stamp}: ${each.value.title}"
  description          = each.value.means
  severity             = each.value.severity
  scopes               = [azurerm_log_analytics_workspace.workspace.id]
  evaluation_frequency = each.value.every
  window_duration      = each.value.window
  criteria {
    query                   = join("\n", each.value.query)
    time_aggregation_method = "Count"
    operator                = each.value.operator
    threshold               = each.value.threshold
    failing_periods {
      number_of_evaluation_periods             = 1
      minimum_failing_periods_to_trigger_alert = 1
    }
  }
  # The tables come with the first line of log.
  skip_query_validation   = true
  auto_mitigation_enabled = true
  dynamic "action" {
    for_each = azurerm_monitor_action_group.notify
    content {
      action_groups = [action.value.id]
    }
  }
}

resource "azapi_resource" "workbook" {
  type      = "Microsoft.Insights/workbooks@2023-06-01"
  name      = uuidv5("url", "${azurerm_resource_group.group.id}/wheelhouse/${var.stamp}")
  parent_id = azurerm_resource_group.group.id
  location  = var.location
  body = {
    kind = "shared"
    properties = {
      displayName    = "Wheelhouse ${var.stamp}"
      category       = "workbook"
      sourceId       = azurerm_log_analytics_workspace.workspace.id
      serializedData = file("${path.module}/../common/workbook.json")
    }
  }
}
