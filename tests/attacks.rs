//! Every endpoint against everything that a caller may try: driven by the table of rules, so that no route is left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod access_world;
mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use access_world::{Browser, PUBLIC, SESSION, World, changes, path};
use axum::http::HeaderMap;
use common::Answer;
use serde_json::{Value, json};
use simulator::{Forgery, Simulator};
use sync::{HubId, TenantId};
use uuid::Uuid;
use wheelhouse::access::{Route, Who, rules};
use wheelhouse::host::{Invocation, QueueMessage};
use wheelhouse::messages::{Gather, Reason};

/// What is sent besides the path, and which answers are right.
struct Attack {
    name: String,
    headers: Vec<(&'static str, String)>,
    right: &'static [u16],
}

const UNKNOWN: &[u16] = &[401];
const FORBIDDEN: &[u16] = &[403];
const EVERY_ROLE: [&str; 5] = ["Reader", "Operator", "Administrator", "Privacy", "Owner"];

/// The routes that ask who calls.
fn guarded() -> Vec<Route> {
    let routes: Vec<_> = rules().routes().cloned().collect();
    routes.into_iter().filter(|route| route.rule.as_ref().unwrap().who != Who::Anyone).collect()
}

#[test]
fn every_route_has_a_rule() {
    let bare: Vec<_> = rules().routes().filter(|route| route.rule.is_none()).cloned().collect();
    assert!(bare.is_empty(), "give each of these `security((\"role\" = […]))`: {bare:#?}");
    assert!(rules().routes().all(|route| !route.operation.is_empty()));
}

fn bearer(name: &str, token: &str, right: &'static [u16]) -> Attack {
    Attack { name: name.to_owned(), headers: vec![("authorization", format!("Bearer {token}"))], right }
}

/// The claims of a genuine token of tenant A, changed.
fn changed(genuine: &Value, change: &[(&str, Value)]) -> Value {
    let mut claims = genuine.clone();
    change.iter().for_each(|(name, value)| claims[*name] = value.clone());
    claims
}

/// Attacks with tokens whose claims are wrong, all signed by the right key.
fn wrong_claims(world: &World, genuine: &Value) -> Vec<Attack> {
    let login = world.simulator.login_url();
    let (b, client) = (world.b.tenant_id(), world.a.client_id());
    let now = genuine["iat"].as_i64().unwrap();
    let stranger = Uuid::from_u128(7).to_string();
    let cases: Vec<(&str, Vec<(&str, Value)>)> = vec![
        ("wrong audience", vec![("aud", json!("https://graph.microsoft.com"))]),
        ("two audiences", vec![("aud", json!([client, "https://graph.microsoft.com"]))]),
        ("audience of the other app", vec![("aud", json!(world.a.scoped_client_id()))]),
        ("no audience", vec![("aud", json!([]))]),
        ("wrong issuer", vec![("iss", json!("https://evil.example/v2.0"))]),
        (
            "issuer of version 1",
            vec![("iss", json!(format!("https://sts.windows.net/{}/", world.a.tenant_id())))],
        ),
        ("issuer of another tenant", vec![("iss", json!(format!("{login}/{b}/v2.0")))]),
        ("another tenant's id under our issuer", vec![("tid", json!(b))]),
        (
            "a stranger's tenant",
            vec![("tid", json!(stranger)), ("iss", json!(format!("{login}/{stranger}/v2.0")))],
        ),
        ("expired", vec![("exp", json!(now - 301))]),
        ("not valid yet", vec![("nbf", json!(now + 3600))]),
        ("version 1", vec![("ver", json!("1.0"))]),
        ("an id token", vec![("azp", Value::Null), ("nonce", json!("n"))]),
        ("no tenant", vec![("tid", Value::Null)]),
        ("nobody", vec![("oid", Value::Null)]),
        ("a path as tenant", vec![("tid", json!("../common"))]),
    ];
    let attack = |(name, change): (&str, Vec<(&str, Value)>)| {
        bearer(name, &world.simulator.forge(&changed(genuine, &change), Forgery::Genuine).unwrap(), UNKNOWN)
    };
    cases.into_iter().map(attack).collect()
}

/// What the platform would say of a caller, written by the caller.
fn platform_headers(world: &World) -> Attack {
    let principal = json!({ "auth_typ": "aad", "claims": [
        { "typ": "http://schemas.microsoft.com/identity/claims/tenantid", "val": world.a.tenant_id() },
        { "typ": "roles", "val": "Administrator" }, { "typ": "roles", "val": "Owner" },
    ], "name_typ": "name", "role_typ": "roles" });
    let principal = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, principal.to_string());
    let token = world.token(&world.a, &EVERY_ROLE);
    let headers = vec![
        ("x-ms-client-principal", principal),
        ("x-ms-client-principal-id", Uuid::nil().to_string()),
        ("x-ms-client-principal-name", "root".to_owned()),
        ("x-ms-client-principal-idp", "aad".to_owned()),
        ("x-ms-token-aad-access-token", token.clone()),
        ("x-ms-token-aad-id-token", token),
        ("x-functions-key", "master".to_owned()),
        ("x-azure-functions-invocationid", Uuid::nil().to_string()),
    ];
    Attack { name: "forged platform headers".to_owned(), headers, right: UNKNOWN }
}

fn attacks(world: &World, session: &str) -> Vec<Attack> {
    let all = world.token(&world.a, &EVERY_ROLE);
    let genuine = Simulator::claims(&all);
    let forged = |forgery: Forgery| {
        bearer(&format!("{forgery:?}"), &world.simulator.forge(&genuine, forgery).unwrap(), UNKNOWN)
    };
    let plain = |name: &str, headers: Vec<(&'static str, String)>| Attack {
        name: name.to_owned(),
        headers,
        right: UNKNOWN,
    };
    let cookie = ("cookie", format!("{SESSION}={session}"));
    let mut attacks = vec![
        plain("no token", vec![]),
        plain("from this machine", vec![("host", "127.0.0.1:7071".to_owned())]),
        plain("an empty token", vec![("authorization", "Bearer ".to_owned())]),
        plain("a token of another scheme", vec![("authorization", format!("Basic {all}"))]),
        plain("a token without a scheme", vec![("authorization", all.clone())]),
        plain("a word as token", vec![("authorization", "Bearer x.y.z".to_owned())]),
        plain("a cookie beside a bad token", vec![cookie, ("authorization", "Bearer x.y.z".to_owned())]),
        plain("a made-up cookie", vec![("cookie", format!("{SESSION}=AAAA"))]),
        bearer("a token for Graph", &world.a.token(), UNKNOWN),
        bearer("half a token", &all[..all.len() / 2], UNKNOWN),
        platform_headers(world),
    ];
    attacks.extend(Forgery::FORGED.map(forged));
    attacks.extend(wrong_claims(world, &genuine));
    attacks
}

/// Attacks by tokens that are genuine, and not enough.
fn weak(world: &World, route: &Route) -> Vec<Attack> {
    let mut attacks = Vec::new();
    if matches!(route.rule.as_ref().unwrap().who, Who::Holders(_)) {
        attacks.push(bearer("no role", &world.token(&world.a, &[]), FORBIDDEN));
        attacks.push(bearer("a role of nobody's", &world.token(&world.a, &["Emperor"]), FORBIDDEN));
    }
    if route.path.contains("{tenant}") {
        let other = ["Reader", "Operator", "Administrator", "Privacy", "Owner"];
        attacks.push(bearer("another tenant's token", &world.token(&world.b, &other), FORBIDDEN));
        let home = ["Reader", "Operator", "Administrator", "Privacy"];
        attacks.push(bearer("the home tenant's token", &world.token(&world.home, &home), FORBIDDEN));
    }
    attacks
}

async fn fails(world: &World, route: &Route, attack: &Attack) -> Option<String> {
    let headers: Vec<_> = attack.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = world.call(route.method.as_str(), &path(route, &world.a.tenant_id()), &headers, "{}").await;
    let status = answer.status.as_u16();
    let is_right =
        attack.right.contains(&status) && (status != 401 || answer.headers.contains_key("www-authenticate"));
    (!is_right)
        .then(|| format!("{} {} × {}: {status} {}", route.method, route.path, attack.name, answer.text()))
}

#[tokio::test]
async fn no_endpoint_gives_way_to_a_bad_token() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Administrator", "Privacy"]);
    let session = world.signed_in(&world.a, ana).await.cookies[SESSION].clone();
    let (routes, strong) = (guarded(), attacks(&world, &session));
    let (mut tried, mut wrong) = (0, Vec::new());
    for route in &routes {
        for attack in strong.iter().chain(&weak(&world, route)) {
            tried += 1;
            wrong.extend(fails(&world, route, attack).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(routes.len() >= 24 && strong.len() >= 30, "{} × {}", routes.len(), strong.len());
    println!("endpoints × attacks by token: {} endpoints, {tried} attacks, none got through", routes.len());
    let good = world.bearer("GET", "/api/me", &world.token(&world.a, &[])).await;
    assert_eq!(good.status, 200, "a genuine token is believed: {}", good.text());
}

#[tokio::test]
async fn no_endpoint_lets_a_foreign_page_use_a_session() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Administrator", "Privacy"]);
    let mut browser = world.signed_in(&world.a, ana).await;
    let csrf = browser.csrf().await;
    let other = world.signed_in(&world.a, ana).await.csrf().await;
    let mut tried = 0;
    for route in guarded().iter().filter(|route| changes(route)) {
        let place = path(route, &world.a.tenant_id());
        let cases: [&[(&str, &str)]; 7] = [
            &[],
            &[("x-csrf-token", "")],
            &[("x-csrf-token", "x")],
            &[("x-csrf-token", &other)],
            &[("x-csrf-token", &csrf), ("origin", "https://evil.example")],
            &[("x-csrf-token", &csrf), ("origin", "null")],
            &[("x-csrf-token", &csrf), ("origin", "https://wheelhouse.example.evil.example")],
        ];
        for headers in cases {
            let answer = browser.send(route.method.as_str(), &place, headers, "{}").await;
            assert_eq!(answer.status, 403, "{} {place} {headers:?}: {}", route.method, answer.text());
            tried += 1;
        }
    }
    println!("changing endpoints × foreign pages: {tried} attacks, none got through");
}

/// All that can be said of an answer to somebody of another tenant.
fn said(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.text())
}

#[tokio::test]
async fn a_session_learns_nothing_of_another_tenant() {
    let world = World::new().await;
    let ana = world.person(&world.a, &EVERY_ROLE);
    let mut browser = world.signed_in(&world.a, ana).await;
    let csrf = browser.csrf().await;
    let headers = [("x-csrf-token", csrf.as_str()), ("origin", PUBLIC)];
    let (b, nobody) = (world.b.tenant_id(), Uuid::from_u128(9).to_string());
    let mut seen: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for route in guarded().iter().filter(|route| route.path.contains("{tenant}")) {
        for tenant in
            [&b, &b.to_uppercase(), &nobody, &format!("%20{b}"), &"..".to_owned(), &world.home.tenant_id()]
        {
            for more in ["", "?values=true", &format!("?tenant={}", world.a.tenant_id())] {
                let place = format!("{}{more}", path(route, tenant));
                let answer = browser.send(route.method.as_str(), &place, &headers, "{}").await;
                assert_eq!(answer.status, 403, "{} {place}: {}", route.method, answer.text());
                *seen.entry(said(&answer)).or_default() += 1;
            }
        }
    }
    assert_eq!(seen.len(), 1, "whether a tenant is there can't be told from the answer: {seen:#?}");
    let listed = browser.get("/api/tenants").await.json();
    let ids: Vec<_> = listed.as_array().unwrap().iter().map(|tenant| tenant["tenant"].clone()).collect();
    assert_eq!(ids, [json!(world.a.tenant_id())], "the list names the own tenant alone");
    println!("endpoints × foreign tenants: {} attacks, all told the same", seen.values().sum::<usize>());
}

#[tokio::test]
async fn ids_of_another_tenant_in_a_body_lead_nowhere() {
    let world = World::new().await;
    let (ana, bob) = (world.person(&world.a, &["Administrator"]), world.person(&world.b, &[]));
    let mut browser = world.signed_in(&world.a, ana).await;
    let csrf = browser.csrf().await;
    let hub = json!({
        "tenant": world.b.tenant_id(), "name": "N", "kind": "contacts", "schedule": "0 * * * *",
        "spokes": [
            { "id": "company", "connector": "directory", "contributes": {} },
            { "id": "phones", "connector": "mailbox", "receives": { "folder": "F", "audience": { "users": [bob] } } },
        ],
    });
    let place = format!("/api/tenants/{}/hubs/company", world.a.tenant_id());
    let named = browser.send("PUT", &place, &[("x-csrf-token", &csrf)], &hub.to_string()).await;
    assert_eq!(named.status, 422, "a tenant is no part of a configuration: {}", named.text());
    let mut hub = hub;
    hub.as_object_mut().unwrap().remove("tenant");
    let saved = browser.send("PUT", &place, &[("x-csrf-token", &csrf)], &hub.to_string()).await;
    let audience = saved.json().to_string();
    assert!(!audience.contains("Zolanski"), "nobody of the other tenant is found: {audience}");
    let b = TenantId::new(world.b.tenant_id()).unwrap();
    let hubs = world.app.tables.names(&format!("tenants/{b}/hubs/")).await.unwrap();
    assert!(hubs.is_empty(), "nothing was written for the other tenant: {hubs:?}");
}

#[tokio::test]
async fn a_message_for_one_tenant_that_names_anothers_hub_does_nothing() {
    let world = World::new().await;
    let [a, b] = [&world.a, &world.b].map(|tenant| TenantId::new(tenant.tenant_id()).unwrap());
    let hub = HubId::new("only-b").unwrap();
    let config = json!({ "name": "N", "kind": "contacts", "schedule": "0 * * * *",
        "spokes": [{ "id": "company", "connector": "directory", "contributes": {} }] });
    let now = world.app.now();
    let config = sync::hub::parse(config.to_string().as_bytes()).unwrap();
    let record = wheelhouse::tables::Hub { config, created: now, changed: now };
    let key = wheelhouse::tables::Tables::hub_key(&b, &hub);
    world.app.tables.hubs.put(&key, &record, platform::When::Absent).await.unwrap();
    world.simulator.record(true);
    let run = "20261122t080000-abcdef12".to_owned();
    let message = Gather { tenant: a.clone(), hub, run, reason: Reason::Manual, waited: 0 };
    world.app.send(&message, Duration::ZERO).await.unwrap();
    let received = world.app.queue.receive("gather", 1, Duration::from_secs(600)).await.unwrap().remove(0);
    let cx = Invocation::begin("gather", &HeaderMap::new(), world.clock.clone(), Duration::from_secs(60));
    let bytes = received.bytes.clone();
    let message = QueueMessage { bytes, id: None, dequeue_count: None, inserted: None };
    let outcome = wheelhouse::gather::run(world.app.clone(), message, cx).await;
    assert!(!outcome.is_err_and(|failure| failure.is_retry()), "it is not tried again");
    assert!(world.simulator.recorded().is_empty(), "nobody is asked for anything");
    for tenant in [&a, &b] {
        let all = world.app.tables.names(&format!("tenants/{tenant}/hubs/")).await.unwrap();
        assert!(all.is_empty(), "nothing is written: {all:?}");
    }
}

#[tokio::test]
async fn strangers_learn_nothing_of_paths_and_nobody_is_asked_for_their_keys() {
    let world = World::new().await;
    world.simulator.record(true);
    let genuine = Simulator::claims(&world.token(&world.a, &EVERY_ROLE));
    let login = world.simulator.login_url();
    for n in 0..20_u128 {
        let tid = Uuid::from_u128(1000 + n).to_string();
        let claims = changed(&genuine, &[("tid", json!(tid)), ("iss", json!(format!("{login}/{tid}/v2.0")))]);
        let token = world.simulator.forge(&claims, Forgery::UnknownKid).unwrap();
        assert_eq!(world.bearer("GET", "/api/me", &token).await.status, 401);
    }
    assert_eq!(world.simulator.recorded().len(), 0, "a stranger's token makes no request");
    for n in 0..20 {
        let claims = changed(&genuine, &[("n", json!(n))]);
        let token = world.simulator.forge(&claims, Forgery::UnknownKid).unwrap();
        assert_eq!(world.bearer("GET", "/api/me", &token).await.status, 401);
    }
    assert!(world.simulator.recorded().len() <= 2, "nor do unknown keys make many");
    for place in ["/api", "/api/", "/api/nothing", "/api/tenants/x/y/z", "/sign-in/nothing"] {
        for method in ["GET", "PATCH"] {
            let answer = world.call(method, place, &[], "").await;
            assert!(matches!(answer.status.as_u16(), 401 | 404), "{method} {place}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_new_signing_key_is_found_and_a_withdrawn_one_is_not_believed() {
    let world = World::new().await;
    let before = world.token(&world.a, &[]);
    assert_eq!(world.bearer("GET", "/api/me", &before).await.status, 200);
    world.simulator.rotate_signing_key().unwrap();
    let after = world.token(&world.a, &[]);
    world.wait(Duration::from_secs(301));
    assert_eq!(
        world.bearer("GET", "/api/me", &after).await.status,
        200,
        "read anew for a key that is unknown"
    );
    assert_eq!(world.bearer("GET", "/api/me", &before).await.status, 200, "the old key is still published");
    world.simulator.withdraw_old_signing_keys();
    world.wait(Duration::from_secs(24 * 3600));
    let fresh = world.token(&world.a, &[]);
    assert_eq!(world.bearer("GET", "/api/me", &fresh).await.status, 200);
    let claims = Simulator::claims(&before);
    let old = changed(&claims, &[("exp", Simulator::claims(&fresh)["exp"].clone())]);
    assert_eq!(world.bearer("GET", "/api/me", &before).await.status, 401, "{old}");
}

#[tokio::test]
async fn what_a_genuine_token_may_look_like() {
    let world = World::new().await;
    let genuine = Simulator::claims(&world.token(&world.a, &["Reader"]));
    let (client, now) = (world.a.client_id(), genuine["iat"].as_i64().unwrap());
    for (name, value) in [
        ("aud", json!(format!("api://{client}"))),
        ("aud", json!([client])),
        ("exp", json!(now - 299)),
        ("nbf", json!(now + 299)),
        ("roles", Value::Null),
    ] {
        let mut claims = changed(&genuine, &[(name, value)]);
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let token = world.simulator.forge(&claims, Forgery::Genuine).unwrap();
        let answer = world.bearer("GET", "/api/me", &token).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(answer.json()["person"], genuine["oid"]);
    }
}

#[tokio::test]
async fn what_anybody_may_call_gives_nobody_more() {
    let world = World::new().await;
    let forged = platform_headers(&world);
    let headers: Vec<_> = forged.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let open = rules();
    let open = open.routes().filter(|route| route.rule.as_ref().unwrap().who == Who::Anyone);
    for route in open {
        let place = path(route, "x");
        let plain = world.call(route.method.as_str(), &place, &[], "").await;
        let with = world.call(route.method.as_str(), &place, &headers, "").await;
        assert_eq!(plain.status, with.status, "{} {place}", route.method);
        assert!(plain.status.as_u16() < 500, "{} {place}", route.method);
        let mut stranger = Browser::new(&world);
        assert_eq!(stranger.get("/api/me").await.status, 401);
    }
}
