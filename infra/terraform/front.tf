# Front Door: a host name of your own in front of the app. A global service: TLS ends at the nearest of its places.

locals {
  own_domain = var.front_door && var.custom_domain != ""
  front_host = var.front_door ? azurerm_cdn_frontdoor_endpoint.front[0].host_name : ""
  app_host   = "${local.names.app}.azurewebsites.net"
}

resource "azurerm_cdn_frontdoor_profile" "profile" {
  count               = var.front_door ? 1 : 0
  name                = "afd-wheelhouse-${var.stamp}"
  resource_group_name = azurerm_resource_group.group.name
  sku_name            = "Standard_AzureFrontDoor"
}

resource "azurerm_cdn_frontdoor_endpoint" "front" {
  count                    = var.front_door ? 1 : 0
  name                     = "wheelhouse-${var.stamp}-${substr(local.token, 0, 6)}"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.profile[0].id
}

# No probes: with one origin there is nothing to choose, and each of a hundred places would wake the app.
resource "azurerm_cdn_frontdoor_origin_group" "origins" {
  count                    = var.front_door ? 1 : 0
  name                     = "app"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.profile[0].id
  load_balancing {
    sample_size                 = 4
    successful_samples_required = 3
  }
}

resource "azurerm_cdn_frontdoor_origin" "origin" {
  count                          = var.front_door ? 1 : 0
  name                           = "app"
  cdn_frontdoor_origin_group_id  = azurerm_cdn_frontdoor_origin_group.origins[0].id
  host_name                      = local.app_host
  origin_host_header             = local.app_host
  https_port                     = 443
  certificate_name_check_enabled = true
}

resource "azurerm_cdn_frontdoor_custom_domain" "domain" {
  count                    = local.own_domain ? 1 : 0
  name                     = "own"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.profile[0].id
  host_name                = var.custom_domain
  tls {
    certificate_type = "ManagedCertificate"
    minimum_version  = "TLS12"
  }
}

resource "azurerm_cdn_frontdoor_route" "route" {
  count                           = var.front_door ? 1 : 0
  name                            = "all"
  cdn_frontdoor_endpoint_id       = azurerm_cdn_frontdoor_endpoint.front[0].id
  cdn_frontdoor_origin_group_id   = azurerm_cdn_frontdoor_origin_group.origins[0].id
  cdn_frontdoor_origin_ids        = [azurerm_cdn_frontdoor_origin.origin[0].id]
  cdn_frontdoor_custom_domain_ids = azurerm_cdn_frontdoor_custom_domain.domain[*].id
  patterns_to_match               = ["/*"]
  supported_protocols             = ["Http", "Https"]
  https_redirect_enabled          = true
  forwarding_protocol             = "HttpsOnly"
  link_to_default_domain          = !local.own_domain
}
