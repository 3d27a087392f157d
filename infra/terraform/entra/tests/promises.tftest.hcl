variables {
  public_urls = ["https://eu.example.org", "https://us.example.org"]
  identities  = ["3f0c6a2e-0000-4000-8000-000000000001", "3f0c6a2e-0000-4000-8000-000000000002"]
}

run "the_registrations_have_no_secret_and_trust_only_the_stamps" {
  command = plan
  assert {
    condition     = length(azuread_application.main.password) == 0 && length(azuread_application.scoped_app["scoped"].password) == 0
    error_message = "No registration has a password."
  }
  assert {
    condition     = toset([for login in azuread_application_federated_identity_credential.main_login : login.subject]) == toset(var.identities)
    error_message = "The main registration trusts the stamps' identities and nobody else."
  }
  assert {
    condition     = toset([for login in azuread_application_federated_identity_credential.scoped_login : login.subject]) == toset(var.identities)
    error_message = "The scoped registration trusts the stamps' identities and nobody else."
  }
  assert {
    condition     = alltrue([for login in azuread_application_federated_identity_credential.main_login : login.audiences == tolist(["api://AzureADTokenExchange"])])
    error_message = "Only tokens made for the exchange are taken."
  }
}

run "people_return_to_the_stamps_alone" {
  command = plan
  assert {
    condition = azuread_application.main.web[0].redirect_uris == toset([
      "https://eu.example.org/sign-in/callback", "https://eu.example.org/consent/callback",
      "https://us.example.org/sign-in/callback", "https://us.example.org/consent/callback",
    ])
    error_message = "The addresses to return to are those of the two functions of each stamp."
  }
  assert {
    condition     = !azuread_application.main.web[0].implicit_grant[0].id_token_issuance_enabled && !azuread_application.main.web[0].implicit_grant[0].access_token_issuance_enabled
    error_message = "No token in the address of a page."
  }
}

run "the_scoped_registration_reaches_no_mailbox" {
  command = plan
  assert {
    condition = toset([for access in one(azuread_application.scoped_app["scoped"].required_resource_access).resource_access : access.id]) == toset([
      "df021288-bdef-4463-88db-98f22de89214", "e1a88a34-94c4-4418-be12-c87b00e26bea", "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    ])
    error_message = "The scoped registration has the directory's permissions and no others."
  }
  assert {
    condition     = length(one(azuread_application.main.required_resource_access).resource_access) == 7
    error_message = "The main registration has five permissions and two scopes of sign-in."
  }
  assert {
    condition     = toset([for role in azuread_application.main.app_role : role.value]) == toset(["Reader", "Operator", "Administrator", "Privacy", "Owner"])
    error_message = "The app roles are those of the code."
  }
}

run "a_public_address_has_no_path" {
  command = plan
  variables {
    public_urls = ["https://eu.example.org/"]
  }
  expect_failures = [var.public_urls]
}
