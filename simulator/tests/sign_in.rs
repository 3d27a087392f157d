//! Signing in at the page, and redeeming the code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use common::login::{BACK, Case, EXCHANGE, assertion, changed, get, post, query, verdict};
use common::{Reply, Uuid, World, read, world};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use simulator::Simulator;
use url::Url;

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

struct Door {
    w: World,
    ana: Uuid,
}

/// A world whose app has a redirect address; Ana is its administrator.
async fn door() -> Door {
    let w = world().await;
    w.sim.register_redirect(BACK);
    let ana = w.user;
    w.sim.set_admin(ana);
    Door { w, ana }
}

impl Door {
    /// The address of the sign-in page; changes replace parameters, an empty one leaves it out.
    fn page(&self, tenant: &str, change: &[(&str, &str)]) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let client = self.w.sim.client_id();
        let pairs = vec![
            ("client_id", client.as_str()),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", "openid profile"),
            ("state", "s1"),
            ("nonce", "n1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let base = format!("{}/{tenant}/oauth2/v2.0/authorize", self.w.sim.login_url());
        Url::parse_with_params(&base, changed(pairs, change)).unwrap().to_string()
    }

    async fn redeem(&self, tenant: &str, code: &str, change: &[(&str, &str)]) -> Reply {
        let (client, proof) = (self.w.sim.client_id(), assertion(&self.w, EXCHANGE).await);
        let form = vec![
            ("client_id", client.as_str()),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", proof.as_str()),
        ];
        post(&self.w, &format!("/{tenant}/oauth2/v2.0/token"), &changed(form, change)).await
    }

    fn code(&self) -> String {
        query(&self.w.sim.signs_in(self.ana, &self.page("organizations", &[])).unwrap(), "code").unwrap()
    }
}

#[tokio::test]
async fn whoever_signs_in_comes_back_with_a_code_for_an_id_token() {
    let door = door().await;
    let w = &door.w;
    w.sim.assign_role(door.ana, "Administrator");
    let back = w.sim.signs_in(door.ana, &door.page("organizations", &[])).unwrap();
    assert!(back.starts_with(&format!("{BACK}?code=")));
    assert_eq!(query(&back, "state").as_deref(), Some("s1"));
    let reply = door.redeem("organizations", &query(&back, "code").unwrap(), &[]).await.ok(200);
    let claims = Simulator::claims(reply.body["id_token"].as_str().unwrap());
    let tenant = w.sim.tenant_id();
    assert_eq!(claims["iss"], format!("{}/{tenant}/v2.0", w.sim.login_url()));
    assert_eq!(claims["aud"], w.sim.client_id());
    assert_eq!((&claims["tid"], &claims["oid"]), (&json!(tenant), &json!(door.ana)));
    assert_eq!((&claims["nonce"], &claims["ver"]), (&json!("n1"), &json!("2.0")));
    assert_eq!((&claims["name"], &claims["roles"]), (&json!("Ana Kos"), &json!(["Administrator"])));
    assert_eq!(claims["wids"][0], "62e90394-69f5-4237-9190-012177145e10");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
}

#[tokio::test]
async fn the_page_offers_everybody_who_can_sign_in_and_shows_names_as_text() {
    let door = door().await;
    let w = &door.w;
    let odd = w.sim.add_user(json!({ "displayName": "<b>\"O'Neil\" & Co" })).unwrap();
    let off = w.sim.add_user(json!({ "displayName": "Off", "accountEnabled": false })).unwrap();
    let reply = read(w.http.get(door.page(&w.sim.tenant_id(), &[])).send().await.unwrap()).await.unwrap();
    assert_eq!(reply.headers["content-type"], "text/html; charset=utf-8");
    assert!(reply.text.contains("&lt;b&gt;&quot;O&#39;Neil&quot; &amp; Co"));
    assert!(reply.text.contains(&odd.to_string()) && !reply.text.contains(&off.to_string()));
    let why = w.sim.signs_in(off, &door.page("organizations", &[])).unwrap_err().to_string();
    assert!(why.contains("AADSTS50057"), "{why}");
}

#[tokio::test]
async fn a_code_is_good_once_for_the_same_address_verifier_app_and_tenant() {
    let door = door().await;
    let code = door.code();
    door.redeem("organizations", &code, &[]).await.ok(200);
    assert_eq!(verdict(&door.redeem("organizations", &code, &[]).await), "400 invalid_grant 54005");
    assert_eq!(verdict(&door.redeem("organizations", "1.x.y", &[]).await), "400 invalid_grant 9002313");
    let other = door.w.sim.add_tenant().tenant_id();
    let scoped = door.w.sim.scoped_client_id();
    let other_verifier = "b".repeat(43);
    let cases: [Case; 8] = [
        ("organizations", &[("redirect_uri", "https://app.example/")], "400 invalid_grant 500112"),
        ("organizations", &[("code_verifier", &other_verifier)], "400 invalid_grant 501481"),
        ("organizations", &[("code_verifier", "")], "400 invalid_grant 501481"),
        ("organizations", &[("client_id", &scoped)], "400 invalid_grant 700003"),
        ("organizations", &[("client_assertion", "")], "401 invalid_client 7000218"),
        ("organizations", &[("client_assertion", "a.b.c")], "401 invalid_client 700226"),
        ("organizations", &[("client_secret", "x")], "401 invalid_client 7000215"),
        (&other, &[], "400 invalid_grant 700005"),
    ];
    for (tenant, change, expected) in cases {
        let reply = door.redeem(tenant, &door.code(), change).await;
        assert_eq!(verdict(&reply), expected, "{change:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_the_address_or_on_the_page_if_there_is_none_to_trust() {
    let door = door().await;
    let back =
        async |change: &[(&str, &str)]| door.w.sim.signs_in(door.ana, &door.page("organizations", change));
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_mode", "form_post")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("nonce", "")], "invalid_request"),
        (&[("state", "")], "invalid_request"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("prompt", "none")], "login_required"),
        (&[("nonce", "a"), ("nonce", "b")], "invalid_request"),
    ];
    for (change, error) in cases {
        let location = back(change).await.unwrap();
        assert!(location.starts_with(&format!("{BACK}?")), "{location}");
        assert_eq!(query(&location, "error").as_deref(), Some(error), "{change:?}");
    }
    let near = [BACK.to_owned() + "/", BACK.to_uppercase(), BACK.to_owned() + "?x=1", String::new()];
    for address in near {
        let why = back(&[("redirect_uri", &address)]).await.unwrap_err().to_string();
        assert!(why.contains("AADSTS50011"), "{why}");
    }
    let why = back(&[("client_id", &door.ana.to_string())]).await.unwrap_err().to_string();
    assert!(why.contains("AADSTS700016"), "{why}");
}

#[tokio::test]
async fn a_code_ends_after_ten_minutes() {
    let door = door().await;
    let (in_time, late) = (door.code(), door.code());
    door.w.sim.clock().advance(Duration::from_secs(590));
    door.redeem("organizations", &in_time, &[]).await.ok(200);
    door.w.sim.clock().advance(Duration::from_secs(10));
    assert_eq!(verdict(&door.redeem("organizations", &late, &[]).await), "400 invalid_grant 70008");
}

#[tokio::test]
async fn a_guest_signs_in_where_the_tenant_is_named() {
    let door = door().await;
    let w = &door.w;
    let guest = w.sim.add_user(json!({ "displayName": "Gus", "userType": "Guest" })).unwrap();
    let why = w.sim.signs_in(guest, &door.page("organizations", &[])).unwrap_err().to_string();
    assert!(why.contains("AADSTS50020"), "{why}");
    w.sim.signs_in(guest, &door.page(&w.sim.tenant_id(), &[])).unwrap();
}

#[tokio::test]
async fn one_id_in_two_tenants_is_two_people() {
    let door = door().await;
    let w = &door.w;
    let other = w.sim.add_tenant();
    other.add_user(json!({ "id": door.ana, "displayName": "Other Ana" })).unwrap();
    let back = other.signs_in(door.ana, &door.page("organizations", &[])).unwrap();
    let reply = door.redeem("organizations", &query(&back, "code").unwrap(), &[]).await.ok(200);
    let claims = Simulator::claims(reply.body["id_token"].as_str().unwrap());
    assert_eq!((&claims["tid"], &claims["name"]), (&json!(other.tenant_id()), &json!("Other Ana")));
}

#[tokio::test]
async fn discovery_names_the_endpoints_and_the_keys_of_a_tenant() {
    let door = door().await;
    let w = &door.w;
    let tenant = w.sim.tenant_id();
    let found = get(w, &format!("/{tenant}/v2.0/.well-known/openid-configuration")).await.ok(200).body;
    assert_eq!(found["issuer"], format!("{}/{tenant}/v2.0", w.sim.login_url()));
    let keys =
        read(w.http.get(found["jwks_uri"].as_str().unwrap()).send().await.unwrap()).await.unwrap().body;
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&json!("RSA"), &Value::Null));
    let all = get(w, "/organizations/v2.0/.well-known/openid-configuration").await.ok(200).body;
    assert!(all["issuer"].as_str().unwrap().ends_with("/{tenantid}/v2.0"));
    let stranger = Uuid::from_u128(7);
    let reply = get(w, &format!("/{stranger}/discovery/v2.0/keys")).await;
    assert_eq!(verdict(&reply), "400 invalid_tenant 90002");
}
