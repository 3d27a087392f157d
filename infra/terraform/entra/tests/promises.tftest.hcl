variables {
  stamps = [
    { name = "eu-prod", url = "https://eu.example.org", identity = "3f0c6a2e-0000-4000-8000-000000000001" },
    { name = "us-prod", url = "https://us.example.org", identity = "3f0c6a2e-0000-4000-8000-000000000002" },
  ]
}

run "the_registrations_have_no_secret_and_trust_only_the_stamps" {
  command = plan
  assert {
    condition     = toset(keys(azuread_application.registration)) == toset(["wheelhouse", "wheelhouse-scoped"]) && alltrue([for one in azuread_application.registration : length(one.password) == 0])
    error_message = "There are two registrations, and none has a password."
  }
  assert {
    condition = { for key, login in azuread_application_federated_identity_credential.login : key => login.subject } == {
      "wheelhouse/eu-prod"        = "3f0c6a2e-0000-4000-8000-000000000001"
      "wheelhouse/us-prod"        = "3f0c6a2e-0000-4000-8000-000000000002"
      "wheelhouse-scoped/eu-prod" = "3f0c6a2e-0000-4000-8000-000000000001"
      "wheelhouse-scoped/us-prod" = "3f0c6a2e-0000-4000-8000-000000000002"
    }
    error_message = "Each registration trusts the stamps' identities and nobody else."
  }
  assert {
    condition     = alltrue([for login in azuread_application_federated_identity_credential.login : login.audiences == tolist(["api://AzureADTokenExchange"])])
    error_message = "Only tokens made for the exchange are taken."
  }
}

run "before_the_first_stamp_nobody_is_trusted" {
  command = plan
  variables {
    stamps = []
  }
  assert {
    condition     = length(azuread_application_federated_identity_credential.login) == 0 && alltrue([for one in azuread_application.registration : length(one.web[0].redirect_uris) == 0])
    error_message = "The registrations can be made before there is a stamp."
  }
}

run "people_return_to_the_stamps_alone" {
  command = plan
  assert {
    condition = alltrue([for one in azuread_application.registration : one.web[0].redirect_uris == toset([
      "https://eu.example.org/sign-in/callback", "https://eu.example.org/consent/callback",
      "https://us.example.org/sign-in/callback", "https://us.example.org/consent/callback",
    ])])
    error_message = "The addresses to return to are those of the two functions of each stamp."
  }
  assert {
    condition     = alltrue([for one in azuread_application.registration : !one.web[0].implicit_grant[0].id_token_issuance_enabled && !one.web[0].implicit_grant[0].access_token_issuance_enabled])
    error_message = "No token in the address of a page."
  }
}

run "the_sign_in_shows_who_may_consent" {
  command = plan
  assert {
    condition     = alltrue([for one in azuread_application.registration : one.group_membership_claims == toset(["DirectoryRole"])])
    error_message = "Without the claim of directory roles, no administrator is known as one."
  }
}

run "the_scoped_registration_reaches_no_mailbox" {
  command = plan
  assert {
    condition = toset([for access in one(azuread_application.registration["wheelhouse-scoped"].required_resource_access).resource_access : access.id]) == toset([
      "df021288-bdef-4463-88db-98f22de89214", "e1a88a34-94c4-4418-be12-c87b00e26bea", "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    ])
    error_message = "The scoped registration has the directory's permissions and no others."
  }
  assert {
    condition     = length(one(azuread_application.registration["wheelhouse"].required_resource_access).resource_access) == 7
    error_message = "The main registration has five permissions and two scopes of sign-in."
  }
  assert {
    condition     = toset([for role in azuread_application.registration["wheelhouse"].app_role : role.value]) == toset(["Reader", "Operator", "Administrator", "Privacy", "Owner"])
    error_message = "The app roles are those of the code."
  }
}

run "no_program_but_azure_cli_calls_in_anybodys_name" {
  command = plan
  assert {
    condition     = { for name, client in azuread_application_pre_authorized.client : name => client.authorized_client_id } == { "Azure CLI" = "04b07795-8ddb-461a-bbee-02f9e1bf7b46" }
    error_message = "Azure CLI is the one program that needs no consent."
  }
  assert {
    condition     = [for scope in azuread_application.registration["wheelhouse"].api[0].oauth2_permission_scope : scope.type] == ["Admin"] && length(azuread_application.registration["wheelhouse-scoped"].api[0].oauth2_permission_scope) == 0
    error_message = "Every other program needs an administrator's consent; the scoped registration has no scope."
  }
}

run "one_registration_will_do" {
  command = plan
  variables {
    scoped = false
  }
  assert {
    condition     = keys(azuread_application.registration) == ["wheelhouse"] && output.scoped_app_client_id == ""
    error_message = "Without the scoped mode there is one registration."
  }
}

run "people_get_the_roles_that_are_listed" {
  command = plan
  variables {
    people = [{ id = "3f0c6a2e-0000-4000-8000-00000000000a", role = "Owner" }]
  }
  assert {
    condition     = { for key, one in azuread_app_role_assignment.assignment : one.principal_object_id => one.app_role_id } == { "3f0c6a2e-0000-4000-8000-00000000000a" = "c9e44c71-ddfa-45d2-9cc7-6347a1d6984e" }
    error_message = "Whoever is listed as Owner gets that role and no other."
  }
}

run "a_role_that_nobody_knows_is_refused" {
  command = plan
  variables {
    people = [{ id = "3f0c6a2e-0000-4000-8000-00000000000a", role = "Root" }]
  }
  expect_failures = [var.people]
}

run "a_public_address_has_no_path" {
  command = plan
  variables {
    stamps = [{ name = "eu-prod", url = "https://eu.example.org/", identity = "3f0c6a2e-0000-4000-8000-000000000001" }]
  }
  expect_failures = [var.stamps]
}
