//! Signing in: the managed identity's assertion, the exchange, and every way it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use chrono::DateTime;
use common::login::{EXCHANGE, assertion, exchange, identity, verdict};
use common::{world, world_with};
use serde_json::json;
use simulator::{Clock, Options, Standing};

#[tokio::test]
async fn the_assertion_of_the_identity_buys_a_graph_token_of_the_tenant() {
    let mut w = world().await;
    let reply = exchange(&w, &w.sim.tenant_id(), &[]).await.ok(200);
    assert_eq!((&reply.body["token_type"], &reply.body["expires_in"]), (&json!("Bearer"), &json!(3599)));
    w.token = reply.body["access_token"].as_str().unwrap().to_owned();
    w.get("/users").await.ok(200);
}

#[tokio::test]
async fn the_identity_endpoint_wants_its_header_and_a_resource_without_default() {
    let w = world().await;
    assert_eq!(identity(&w, EXCHANGE, "wrong").await.status, 401);
    let reply = identity(&w, &format!("{EXCHANGE}/.default"), &w.sim.identity_header()).await;
    assert_eq!((reply.status, reply.body["code"].as_str()), (400, Some("AADSTS500011")));
}

#[tokio::test]
async fn issuer_subject_and_audience_must_match_exactly() {
    let w = world().await;
    let tenant = w.sim.tenant_id();
    let other = assertion(&w, "https://storage.azure.com").await;
    let reply = exchange(&w, &tenant, &[("client_assertion", &other)]).await;
    assert_eq!(verdict(&reply), "401 invalid_client 7002121");
    let stranger = world_with(Options { seed: 2, ..Options::default() }).await;
    let foreign = assertion(&stranger, EXCHANGE).await;
    let reply = exchange(&w, &tenant, &[("client_assertion", &foreign)]).await;
    assert_eq!(verdict(&reply), "401 invalid_client 700226");
    // a Graph token is no assertion: issued by another, for another
    let reply = exchange(&w, &tenant, &[("client_assertion", &w.sim.token())]).await;
    assert_eq!(verdict(&reply), "401 invalid_client 700211");
}

#[tokio::test]
async fn a_removed_or_disabled_app_gets_no_token() {
    let w = world().await;
    let tenant = w.sim.tenant_id();
    w.sim.set_standing(Standing::Missing);
    assert_eq!(verdict(&exchange(&w, &tenant, &[]).await), "401 invalid_client 7000229");
    w.sim.set_standing(Standing::Disabled);
    assert_eq!(verdict(&exchange(&w, &tenant, &[]).await), "401 unauthorized_client 7000112");
    w.sim.set_standing(Standing::Unknown);
    assert_eq!(verdict(&exchange(&w, &tenant, &[]).await), "400 unauthorized_client 700016");
    w.sim.set_standing(Standing::Consented);
    exchange(&w, &tenant, &[]).await.ok(200);
    w.get("/users").await.ok(200); // a token issued before stays valid
}

#[tokio::test]
async fn wrong_tenants_and_wrong_forms_are_refused() {
    let w = world().await;
    let tenant = w.sim.tenant_id();
    let unknown = "11111111-1111-4111-8111-111111111111";
    assert_eq!(verdict(&exchange(&w, unknown, &[]).await), "400 invalid_request 90002");
    assert_eq!(verdict(&exchange(&w, "nonsense", &[]).await), "400 invalid_request 900023");
    let secret = exchange(&w, &tenant, &[("client_secret", "x")]).await;
    assert_eq!(verdict(&secret), "401 invalid_client 7000215");
    let bare = exchange(&w, &tenant, &[("client_assertion_type", "x")]).await;
    assert_eq!(verdict(&bare), "401 invalid_client 7000218");
    let scope = exchange(&w, &tenant, &[("scope", "https://graph.microsoft.com/User.Read.All")]).await;
    assert_eq!(verdict(&scope), "400 invalid_scope 1002012");
    let grant = exchange(&w, &tenant, &[("grant_type", "password")]).await;
    assert_eq!(verdict(&grant), "400 unsupported_grant_type 70003");
}

#[tokio::test]
async fn graph_refuses_missing_bad_and_expired_tokens() {
    let start = DateTime::parse_from_rfc3339("2026-11-01T00:00:00Z").unwrap().to_utc();
    let w = world_with(Options { clock: Clock::virtual_at(start), token_seconds: 60, ..Options::default() })
        .await;
    let none = w.send("GET", "/users", &[("Authorization", "")], None).await;
    assert_eq!(none.short(), "401 InvalidAuthenticationToken");
    let bad = w.send("GET", "/users", &[("Authorization", "Bearer a.b.c")], None).await;
    assert_eq!(bad.short(), "401 InvalidAuthenticationToken");
    w.get("/users").await.ok(200);
    w.sim.clock().advance(Duration::from_secs(60));
    let late = w.get("/users").await;
    assert_eq!(late.message(), "Lifetime validation failed, the token is expired.");
}

#[tokio::test]
async fn a_token_of_another_tenant_sees_that_tenant_only() {
    let mut w = world().await;
    let other = w.sim.add_tenant();
    let ben = other.add_user(json!({ "displayName": "Ben" })).unwrap();
    assert_eq!(w.get(&format!("/users/{ben}")).await.short(), "404 Request_ResourceNotFound");
    assert_eq!(w.get(&format!("/users/{ben}/contacts")).await.short(), "404 ErrorInvalidUser");
    w.token = other.token();
    w.get(&format!("/users/{ben}/contacts")).await.ok(200);
    assert_eq!(w.get(&w.mine("contacts")).await.short(), "404 ErrorInvalidUser");
    let stranger = world_with(Options { seed: 2, ..Options::default() }).await;
    w.token = stranger.token;
    assert_eq!(w.get("/users").await.short(), "401 InvalidAuthenticationToken");
}

#[tokio::test]
async fn a_missing_role_is_403_in_the_words_of_directory_and_exchange() {
    let mut w = world().await;
    w.sim.set_roles(&["User.ReadBasic.All", "Contacts.Read"]);
    w.token = w.sim.token();
    w.get("/users").await.ok(200);
    assert_eq!(w.get("/users/delta").await.short(), "403 Authorization_RequestDenied");
    assert_eq!(w.get("/groups").await.short(), "403 Authorization_RequestDenied");
    assert_eq!(w.get("/contacts/delta").await.short(), "403 Authorization_RequestDenied");
    w.get(&w.mine("contacts")).await.ok(200);
    assert_eq!(
        w.post(&w.mine("contacts"), json!({ "givenName": "Bo" })).await.short(),
        "403 ErrorAccessDenied"
    );
}
