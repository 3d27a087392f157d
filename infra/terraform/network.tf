# The private network: one subnet for the app, one for the private endpoints, and the names that lead to them.

locals {
  app_prefix = cidrsubnet(var.address_prefix, 3, 0)
  targets = merge(
    { for purpose, account in azurerm_storage_account.account : purpose => account.id },
    { vault = azurerm_key_vault.vault.id },
  )
}

resource "azurerm_network_security_group" "rules" {
  name                = "nsg-wheelhouse-${var.stamp}-endpoints"
  resource_group_name = azurerm_resource_group.group.name
  location            = var.location

  security_rule {
    name                       = "the-app-by-https"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = local.app_prefix
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }
  security_rule {
    name                       = "nobody-else"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_virtual_network" "network" {
  name                = "vnet-wheelhouse-${var.stamp}"
  resource_group_name = azurerm_resource_group.group.name
  location            = var.location
  address_space       = [var.address_prefix]
}

resource "azurerm_subnet" "app" {
  name                 = "app"
  resource_group_name  = azurerm_resource_group.group.name
  virtual_network_name = azurerm_virtual_network.network.name
  address_prefixes     = [local.app_prefix]
  delegation {
    name = "functions"
    service_delegation {
      name = "Microsoft.App/environments"
    }
  }
  dynamic "service_endpoint" {
    for_each = local.is_private ? [] : ["Microsoft.Storage", "Microsoft.KeyVault"]
    content {
      service = service_endpoint.value
    }
  }
}

resource "azurerm_subnet" "endpoints" {
  name                 = "endpoints"
  resource_group_name  = azurerm_resource_group.group.name
  virtual_network_name = azurerm_virtual_network.network.name
  address_prefixes     = [cidrsubnet(var.address_prefix, 4, 8)]
  # Rules are passed over for private endpoints unless this says otherwise.
  private_endpoint_network_policies = "NetworkSecurityGroupEnabled"
}

resource "azurerm_subnet_network_security_group_association" "rules" {
  subnet_id                 = azurerm_subnet.endpoints.id
  network_security_group_id = azurerm_network_security_group.rules.id
}

resource "azurerm_private_dns_zone" "zone" {
  for_each            = local.is_private ? local.common.zones : {}
  name                = each.value
  resource_group_name = azurerm_resource_group.group.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "zone_link" {
  for_each             = azurerm_private_dns_zone.zone
  name                 = azurerm_virtual_network.network.name
  private_dns_zone_id  = each.value.id
  virtual_network_id   = azurerm_virtual_network.network.id
  registration_enabled = false
}

resource "azurerm_private_endpoint" "endpoint" {
  for_each            = { for end in local.common.endpoints : "${end.on}-${end.group}" => end if local.is_private }
  name                = "pe-${local.names[each.value.on]}-${each.value.group}"
  resource_group_name = azurerm_resource_group.group.name
  location            = var.location
  subnet_id           = azurerm_subnet.endpoints.id
  private_service_connection {
    name                           = each.value.group
    is_manual_connection           = false
    private_connection_resource_id = local.targets[each.value.on]
    subresource_names              = [each.value.group]
  }
  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.zone[each.value.group].id]
  }
}
