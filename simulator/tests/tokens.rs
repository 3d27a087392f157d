//! Tokens: the keys that sign them, those of scripts and people for the app itself, and what is no token.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use common::login::{exchange, get, post, verdict};
use common::{Reply, World, world, world_with};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use simulator::{Forgery, Options, Script, Simulator, Standing};

async fn keys(w: &World) -> Vec<Value> {
    let found = get(w, &format!("/{}/discovery/v2.0/keys", w.sim.tenant_id())).await.ok(200).body;
    found["keys"].as_array().unwrap().clone()
}

fn header(token: &str) -> Value {
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Whether one of the published keys says that the token is genuine.
fn genuine(keys: &[Value], token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let kid = header(token)["kid"].clone();
    let member =
        |key: &Value, name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    keys.iter().filter(|key| key["kid"] == kid).any(|key| {
        let public = RsaPublicKeyComponents { n: member(key, "n"), e: member(key, "e") };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
    })
}

async fn ask(w: &World, script: &Script, change: &[(&str, &str)]) -> Reply {
    let scope = format!("api://{}/.default", w.sim.client_id());
    let form = vec![
        ("client_id", script.client_id.as_str()),
        ("client_secret", script.client_secret.as_str()),
        ("grant_type", "client_credentials"),
        ("scope", &*scope),
    ];
    let form = common::login::changed(form, change);
    post(w, &format!("/{}/oauth2/v2.0/token", script.tenant_id), &form).await
}

#[tokio::test]
async fn every_token_is_signed_by_a_published_key() {
    let w = world().await;
    let found = keys(&w).await;
    assert_eq!(found.len(), 1);
    let script = w.sim.add_script(&["Reader"]);
    let tokens = [w.sim.token(), w.sim.script_token(&script).unwrap(), w.sim.person_token(w.user).unwrap()];
    for token in tokens {
        assert_eq!(header(&token), json!({ "typ": "JWT", "alg": "RS256", "kid": found[0]["kid"] }));
        assert!(genuine(&found, &token));
    }
    let stranger = world_with(Options { seed: 2, ..Options::default() }).await;
    assert!(!genuine(&found, &stranger.sim.token()));
}

#[tokio::test]
async fn a_new_key_signs_while_the_old_one_is_published_for_a_day() {
    let w = world().await;
    let before = w.sim.token();
    w.sim.rotate_signing_key().unwrap();
    let (after, found) = (w.sim.token(), keys(&w).await);
    assert_ne!(header(&before)["kid"], header(&after)["kid"]);
    assert!(found.len() == 2 && genuine(&found, &before) && genuine(&found, &after));
    w.get("/users").await.ok(200);
    w.sim.set_token_seconds(7 * 24 * 3600);
    let long = w.sim.token();
    w.sim.rotate_signing_key().unwrap();
    w.sim.clock().advance(Duration::from_secs(24 * 3600));
    assert_eq!(keys(&w).await.len(), 1);
    let reply = w.send("GET", "/users", &[("Authorization", &format!("Bearer {long}"))], None).await;
    assert_eq!(reply.short(), "401 InvalidAuthenticationToken");
    assert_eq!(w.sim.counts().key_calls, 2);
}

#[tokio::test]
async fn a_key_that_was_taken_back_is_good_for_nothing() {
    let mut w = world().await;
    w.sim.rotate_signing_key().unwrap();
    w.sim.withdraw_old_signing_keys();
    assert_eq!(keys(&w).await.len(), 1);
    assert_eq!(w.get("/users").await.short(), "401 InvalidAuthenticationToken");
    w.token = w.sim.token();
    w.get("/users").await.ok(200);
}

#[tokio::test]
async fn a_script_gets_a_token_with_its_roles_for_the_app_itself() {
    let w = world().await;
    let script = w.sim.add_script(&["Operator", "Privacy"]);
    for scope in [format!("{}/.default", w.sim.client_id()), format!("api://{}/.default", w.sim.client_id())]
    {
        let reply = ask(&w, &script, &[("scope", &scope)]).await.ok(200);
        let claims = Simulator::claims(reply.body["access_token"].as_str().unwrap());
        assert_eq!((&claims["aud"], &claims["ver"]), (&json!(w.sim.client_id()), &json!("2.0")));
        assert_eq!(claims["iss"], format!("{}/{}/v2.0", w.sim.login_url(), w.sim.tenant_id()));
        assert_eq!((&claims["oid"], &claims["tid"]), (&json!(script.object_id), &json!(w.sim.tenant_id())));
        assert_eq!(claims["roles"], json!(["Operator", "Privacy"]));
        assert_eq!(claims["azp"], script.client_id);
    }
    let without = w.sim.add_script(&[]);
    let claims = Simulator::claims(&w.sim.script_token(&without).unwrap());
    assert_eq!(claims["roles"], Value::Null);
}

#[tokio::test]
async fn a_script_is_known_in_its_tenant_by_its_secret_for_the_app_only() {
    let w = world().await;
    let script = w.sim.add_script(&["Operator"]);
    let wrong = ask(&w, &script, &[("client_secret", "x")]).await;
    assert_eq!(verdict(&wrong), "401 invalid_client 7000215");
    let graph = ask(&w, &script, &[("scope", "https://graph.microsoft.com/.default")]).await;
    assert_eq!(verdict(&graph), "400 invalid_grant 501051");
    let elsewhere = Script { tenant_id: w.sim.add_tenant().tenant_id(), ..script.clone() };
    assert_eq!(verdict(&ask(&w, &elsewhere, &[]).await), "400 unauthorized_client 700016");
    w.sim.set_standing(Standing::Missing);
    assert_eq!(verdict(&ask(&w, &script, &[]).await), "400 invalid_resource 500011");
}

#[tokio::test]
async fn the_apps_own_token_for_itself_has_no_roles() {
    let w = world().await;
    let scope = format!("api://{}/.default", w.sim.client_id());
    let reply = exchange(&w, &w.sim.tenant_id(), &[("scope", &scope)]).await.ok(200);
    let claims = Simulator::claims(reply.body["access_token"].as_str().unwrap());
    assert_eq!((&claims["aud"], &claims["roles"]), (&json!(w.sim.client_id()), &Value::Null));
}

#[tokio::test]
async fn a_person_has_the_roles_that_are_assigned_now() {
    let w = world().await;
    w.sim.assign_role(w.user, "Reader");
    w.sim.assign_role(w.user, "Privacy");
    let claims = Simulator::claims(&w.sim.person_token(w.user).unwrap());
    assert_eq!(claims["roles"], json!(["Privacy", "Reader"]));
    assert_eq!((&claims["scp"], &claims["oid"]), (&json!("user_impersonation"), &json!(w.user)));
    w.sim.unassign_role(w.user, "Reader");
    let claims = Simulator::claims(&w.sim.person_token(w.user).unwrap());
    assert_eq!(claims["roles"], json!(["Privacy"]));
    assert!(w.sim.add_tenant().person_token(w.user).is_err());
}

#[tokio::test]
async fn forgeries_are_none_that_a_published_key_signed() {
    let mut w = world().await;
    let claims = Simulator::claims(&w.sim.token());
    let found = keys(&w).await;
    assert!(genuine(&found, &w.sim.forge(&claims, Forgery::Genuine).unwrap()));
    for forgery in Forgery::FORGED {
        w.token = w.sim.forge(&claims, forgery).unwrap();
        assert_eq!(w.get("/users").await.short(), "401 InvalidAuthenticationToken", "{forgery:?}");
        assert_eq!(Simulator::claims(&w.token), claims);
        assert!(forgery == Forgery::WrongAlg || !genuine(&found, &w.token), "{forgery:?}");
    }
    let algorithms: Vec<Value> =
        Forgery::FORGED.iter().map(|f| header(&w.sim.forge(&claims, *f).unwrap())["alg"].clone()).collect();
    assert_eq!(algorithms, ["none", "HS256", "RS256", "RS256", "RS512", "RS256"]);
    w.token = w.sim.forge(&claims, Forgery::NoKid).unwrap();
    assert_eq!(header(&w.token).get("kid"), None);
    assert_eq!(w.get("/users").await.status, 401);
}

#[tokio::test]
async fn people_sign_in_in_the_home_tenant_too() {
    let w = world().await;
    let home = w.sim.home_tenant();
    let owner = home.add_user(json!({ "displayName": "Olga" })).unwrap();
    home.assign_role(owner, "Owner");
    let claims = Simulator::claims(&home.person_token(owner).unwrap());
    assert_eq!((&claims["tid"], &claims["roles"]), (&json!(home.tenant_id()), &json!(["Owner"])));
    assert_eq!(w.sim.info().home_tenant_id, home.tenant_id());
    exchange(&w, &home.tenant_id(), &[]).await.ok(200);
}
