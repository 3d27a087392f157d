//! An administrator's consent, and what Graph then allows: by the token's roles, or by Exchange's own for single mailboxes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use chrono::DateTime;
use common::login::{BACK, Case, EXCHANGE, assertion, exchange, get, post, query, verdict};
use common::{World, read, world, world_with};
use serde_json::json;
use simulator::{App, Clock, Options, Simulator, Standing};
use url::Url;

const GRAPH: &str = "https://graph.microsoft.com/.default";

/// A tenant that never heard of the apps; Ana is its administrator.
async fn untouched() -> World {
    let w = world().await;
    prepare(&w);
    w
}

fn prepare(w: &World) {
    w.sim.unconsent();
    w.sim.register_redirect(BACK);
    w.sim.set_admin(w.user);
}

fn page(w: &World, tenant: &str, change: &[(&str, &str)]) -> String {
    address(w, &format!("{tenant}/v2.0/adminconsent"), change)
}

fn address(w: &World, path: &str, change: &[(&str, &str)]) -> String {
    let client = w.sim.client_id();
    let pairs = vec![("client_id", &*client), ("scope", GRAPH), ("redirect_uri", BACK), ("state", "s1")];
    let pairs = common::login::changed(pairs, change);
    Url::parse_with_params(&format!("{}/{path}", w.sim.login_url()), pairs).unwrap().to_string()
}

async fn roles(w: &World, client: &str) -> Vec<String> {
    let reply = exchange(w, &w.sim.tenant_id(), &[("client_id", client)]).await.ok(200);
    let claims = Simulator::claims(reply.body["access_token"].as_str().unwrap());
    serde_json::from_value(claims["roles"].clone()).unwrap_or_default()
}

#[tokio::test]
async fn an_administrator_accepts_and_the_app_has_its_permissions() {
    let w = untouched().await;
    let tenant = w.sim.tenant_id();
    assert_eq!(verdict(&exchange(&w, &tenant, &[]).await), "401 invalid_client 7000229");
    let shown = read(w.http.get(page(&w, &tenant, &[])).send().await.unwrap()).await.unwrap().ok(200);
    assert!(shown.text.contains("<li>Contacts.ReadWrite</li>"), "{}", shown.text);
    for name in [&*tenant, "organizations"] {
        let back = w.sim.consents(w.user, &page(&w, name, &[])).unwrap();
        let expected = Url::parse_with_params(
            BACK,
            [("admin_consent", "True"), ("tenant", &*tenant), ("scope", GRAPH), ("state", "s1")],
        );
        assert_eq!(back, expected.unwrap().to_string());
    }
    assert_eq!(roles(&w, &w.sim.client_id()).await, App::Main.permissions());
    assert_eq!(w.sim.grant_of(App::Scoped), (Standing::Missing, Vec::new()));
}

#[tokio::test]
async fn the_older_endpoint_answers_in_its_own_words() {
    let w = untouched().await;
    let tenant = w.sim.tenant_id();
    let old = address(&w, &format!("{tenant}/adminconsent"), &[("scope", "")]);
    let declined = w.sim.declines(w.user, &old).unwrap();
    insta::assert_snapshot!(declined, @"https://app.example/back?error=permission_denied&error_description=The+admin+canceled+the+request&state=s1");
    let back = w.sim.consents(w.user, &old).unwrap();
    assert_eq!(back, format!("{BACK}?tenant={tenant}&state=s1&admin_consent=True"));
    let organizations = address(&w, "organizations/adminconsent", &[("scope", "")]);
    assert!(w.sim.consents(w.user, &organizations).unwrap_err().to_string().contains("AADSTS90133"));
}

#[tokio::test]
async fn whoever_is_no_administrator_or_cancels_comes_back_with_an_error() {
    let w = untouched().await;
    let bo = w.sim.add_user(json!({ "displayName": "Bo" })).unwrap();
    let at = page(&w, "organizations", &[]);
    insta::assert_snapshot!(w.sim.declines(w.user, &at).unwrap(), @"https://app.example/back?error=access_denied&error_description=AADSTS65004%3A+User+declined+to+consent+to+access+the+app.&admin_consent=True&state=s1");
    insta::assert_snapshot!(w.sim.consents(bo, &at).unwrap(), @"https://app.example/back?error=consent_required&error_description=AADSTS90094%3A+Administrator+consent+is+required.&admin_consent=True&state=s1");
    assert_eq!(w.sim.grant_of(App::Main), (Standing::Missing, Vec::new()));
    let narrow = page(&w, "organizations", &[("scope", "https://graph.microsoft.com/User.Read.All")]);
    let back = w.sim.consents(w.user, &narrow).unwrap();
    assert_eq!(query(&back, "error").as_deref(), Some("invalid_scope"));
    let stranger = w.sim.add_tenant().add_user(json!({ "displayName": "Cy" })).unwrap();
    let foreign = w.sim.consents(stranger, &page(&w, &w.sim.tenant_id(), &[])).unwrap_err().to_string();
    assert!(foreign.contains("AADSTS50020"), "{foreign}");
}

#[tokio::test]
async fn what_is_wrong_before_anybody_agreed_is_told_on_the_page() {
    let w = untouched().await;
    let cases: [Case; 4] = [
        ("common", &[], "AADSTS90133"),
        ("11111111-1111-4111-8111-111111111111", &[], "AADSTS90002"),
        ("organizations", &[("redirect_uri", "https://evil.example/back")], "AADSTS50011"),
        ("organizations", &[("client_id", "11111111-1111-4111-8111-111111111111")], "AADSTS700016"),
    ];
    for (tenant, change, code) in cases {
        let why = w.sim.consents(w.user, &page(&w, tenant, change)).unwrap_err().to_string();
        assert!(why.contains(code), "{why}");
    }
    let tampered = post(&w, "/organizations/consent", &[("request", "e30"), ("answer", "accept")]).await;
    assert!(tampered.text.contains("AADSTS90013"), "{}", tampered.text);
}

#[tokio::test]
async fn a_consent_takes_its_time_to_reach_the_token_endpoint() {
    let start = DateTime::parse_from_rfc3339("2026-11-01T00:00:00Z").unwrap().to_utc();
    let w = world_with(Options { clock: Clock::virtual_at(start), ..Options::default() }).await;
    prepare(&w);
    w.sim.set_quirks(|quirks| quirks.consent_lag_seconds = 40);
    w.sim.consents(w.user, &page(&w, "organizations", &[])).unwrap();
    let missing = "401 invalid_client 7000229";
    assert_eq!(verdict(&exchange(&w, &w.sim.tenant_id(), &[]).await), missing);
    w.sim.clock().advance(Duration::from_secs(20));
    assert_eq!(roles(&w, &w.sim.client_id()).await, [""; 0]);
    w.sim.clock().advance(Duration::from_secs(20));
    assert_eq!(roles(&w, &w.sim.client_id()).await.len(), 5);
    // the same counted in calls, where no clock is moved
    w.sim.set_quirks(|quirks| (quirks.consent_lag_seconds, quirks.consent_lag_calls) = (0, 2));
    let scoped = w.sim.scoped_client_id();
    w.sim.consents(w.user, &page(&w, "organizations", &[("client_id", &scoped)])).unwrap();
    let first = exchange(&w, &w.sim.tenant_id(), &[("client_id", &scoped)]).await;
    assert_eq!(verdict(&first), missing);
    assert_eq!(roles(&w, &scoped).await, [""; 0]);
    assert_eq!(roles(&w, &scoped).await, App::Scoped.permissions());
}

#[tokio::test]
async fn signing_in_makes_a_service_principal_without_permissions() {
    let w = untouched().await;
    let client = w.sim.client_id();
    let challenge = "c".repeat(43);
    let pairs = [
        ("client_id", &*client),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid profile"),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
    ];
    let base = format!("{}/organizations/oauth2/v2.0/authorize", w.sim.login_url());
    let at = Url::parse_with_params(&base, pairs).unwrap().to_string();
    w.sim.signs_in(w.user, &at).unwrap();
    assert_eq!(roles(&w, &client).await, [""; 0]);
    w.sim.set_standing(Standing::Disabled);
    assert!(w.sim.signs_in(w.user, &at).unwrap_err().to_string().contains("AADSTS7000112"));
}

#[tokio::test]
async fn withdrawals_are_told_apart_for_each_app() {
    let w = world().await;
    let (tenant, scoped) = (w.sim.tenant_id(), w.sim.scoped_client_id());
    w.sim.set_standing_of(App::Scoped, Standing::Disabled);
    exchange(&w, &tenant, &[]).await.ok(200);
    let disabled = exchange(&w, &tenant, &[("client_id", &scoped)]).await;
    assert_eq!(verdict(&disabled), "401 unauthorized_client 7000112");
    for (code, expected) in [
        (65_001, "400 invalid_grant 65001"),
        (53_003, "400 invalid_grant 53003"),
        (70_021, "400 invalid_request 70021"),
        (90_033, "503 temporarily_unavailable 90033"),
        (7_000_215, "401 invalid_client 7000215"),
        (7_000_222, "401 invalid_client 7000222"),
    ] {
        w.sim.refuse_tokens(Some(code)).unwrap();
        assert_eq!(verdict(&exchange(&w, &tenant, &[]).await), expected);
    }
    assert!(w.sim.refuse_tokens(Some(1)).is_err());
    w.sim.refuse_tokens(None).unwrap();
    w.sim.set_gone(true);
    assert_eq!(verdict(&exchange(&w, &tenant, &[]).await), "400 invalid_request 90002");
    assert_eq!(
        verdict(&get(&w, &format!("/{tenant}/discovery/v2.0/keys")).await),
        "400 invalid_tenant 90002"
    );
    w.sim.set_gone(false);
    exchange(&w, &tenant, &[]).await.ok(200);
}

#[tokio::test]
async fn a_token_can_be_made_to_carry_another_tenants_id() {
    let w = world().await;
    let other = w.sim.add_tenant();
    w.sim.answer_with_tokens_of(Some(&other));
    let reply = exchange(&w, &w.sim.tenant_id(), &[]).await.ok(200);
    let claims = Simulator::claims(reply.body["access_token"].as_str().unwrap());
    assert_eq!(claims["tid"], other.tenant_id());
}

#[tokio::test]
async fn the_scoped_app_reaches_the_mailboxes_of_its_scope_and_no_other() {
    let mut w = world().await;
    let (ana, bo) = (w.user, w.sim.add_user(json!({ "displayName": "Bo" })).unwrap());
    w.sim.register_redirect(BACK);
    w.sim.set_admin(ana);
    let scoped = w.sim.scoped_client_id();
    w.sim.consents(ana, &page(&w, "organizations", &[("client_id", &scoped)])).unwrap();
    assert_eq!(roles(&w, &scoped).await, App::Scoped.permissions());
    w.token = w.sim.token_of(App::Scoped);
    w.get("/users/delta").await.ok(200);
    let (mine, other) = (
        format!("/users/{ana}/contacts"),
        format!(
            "/users/{bo}/calendarView/delta?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z"
        ),
    );
    let stranger = "/users/11111111-1111-4111-8111-111111111111/contacts";
    assert_eq!(w.get(&mine).await.short(), "403 ErrorAccessDenied");
    assert_eq!(w.get(stranger).await.short(), "403 ErrorAccessDenied");
    w.sim.scope(Some(&[ana]));
    w.post(&mine, json!({ "givenName": "Bo" })).await.ok(201);
    w.get(&format!("/users/{ana}/events")).await.ok(200);
    assert_eq!(w.get(&other).await.short(), "403 ErrorAccessDenied");
    assert_eq!(w.get(stranger).await.short(), "404 ErrorInvalidUser");
    let batch = json!([
        { "id": "1", "method": "GET", "url": mine },
        { "id": "2", "method": "GET", "url": format!("/users/{bo}/contacts") },
    ]);
    let mut items = w.batch(batch).await.ok(200).body["responses"].as_array().unwrap().clone();
    items.sort_by_key(|item| item["id"].as_str().unwrap().to_owned());
    assert_eq!((&items[0]["status"], &items[1]["status"]), (&json!(200), &json!(403)));
    w.sim.scope_by(&["Application Contacts.Read"], &[ana]);
    w.get(&mine).await.ok(200);
    assert_eq!(w.post(&mine, json!({ "givenName": "Cy" })).await.short(), "403 ErrorAccessDenied");
    assert_eq!(w.get(&format!("/users/{ana}/events")).await.short(), "403 ErrorAccessDenied");
    w.sim.scope(None);
    assert_eq!(w.get(&mine).await.short(), "403 ErrorAccessDenied");
    // Exchange's roles are the scoped app's alone, and add to what Entra granted
    w.sim.scope(Some(&[ana]));
    w.sim.set_roles(&["User.Read.All"]);
    w.token = w.sim.token();
    assert_eq!(w.get(&mine).await.short(), "403 ErrorAccessDenied");
    w.sim.set_roles_of(App::Scoped, &["Contacts.ReadWrite"]);
    w.token = w.sim.token_of(App::Scoped);
    w.get(&format!("/users/{bo}/contacts")).await.ok(200);
}

#[tokio::test]
async fn a_change_of_scope_takes_its_time() {
    let w = world().await;
    let mut w = World { token: String::new(), ..w };
    w.sim.set_roles_of(App::Scoped, &["User.Read.All"]);
    w.sim.set_quirks(|quirks| quirks.scope_lag_seconds = 1800);
    w.sim.scope(Some(&[w.user]));
    w.token = w.sim.token_of(App::Scoped);
    assert_eq!(w.get(&w.mine("contacts")).await.short(), "403 ErrorAccessDenied");
    w.sim.clock().advance(Duration::from_secs(1801));
    w.get(&w.mine("contacts")).await.ok(200);
}

#[tokio::test]
async fn the_assertion_that_signs_in_is_wanted_for_either_app() {
    let w = world().await;
    let (tenant, scoped) = (w.sim.tenant_id(), w.sim.scoped_client_id());
    w.sim.set_standing_of(App::Scoped, Standing::Consented);
    let wrong = assertion(&w, "https://storage.azure.com").await;
    let reply = exchange(&w, &tenant, &[("client_id", &scoped), ("client_assertion", &wrong)]).await;
    assert_eq!(verdict(&reply), "401 invalid_client 7002121");
    let right = assertion(&w, EXCHANGE).await;
    exchange(&w, &tenant, &[("client_id", &scoped), ("client_assertion", &right)]).await.ok(200);
}
