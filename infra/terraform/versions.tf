terraform {
  required_version = ">= 1.9"
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
    azapi   = { source = "Azure/azapi", version = "~> 2.0" }
  }
  # The state holds no secret, and lies where only Entra sign-in reaches it. Its place: -backend-config=…
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azurerm" {
  features {
    key_vault {
      # Purge protection forbids it; a vault that was deleted comes back under its name.
      purge_soft_delete_on_destroy    = false
      recover_soft_deleted_key_vaults = true
    }
  }
  storage_use_azuread = true
}

provider "azapi" {}
