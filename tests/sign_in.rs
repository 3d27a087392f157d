//! People sign in, act, leave; and what a cookie is worth in other hands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod access_world;
mod common;

use std::time::Duration;

use access_world::{Browser, PUBLIC, SESSION, World, local, query};
use futures::TryStreamExt;
use serde_json::json;
use simulator::Tenant;
use sync::TenantId;
use wheelhouse::audit::{self, entries};
use wheelhouse::tables::{Entry, Log};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn somebody_signs_in_acts_and_signs_out_for_good() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Administrator"]);
    let mut browser = Browser::new(&world);
    let page = browser.begin().await;
    assert!(
        page.starts_with(&format!("{}/organizations/oauth2/v2.0/authorize?", world.simulator.login_url()))
    );
    for (name, value) in [
        ("response_type", "code"),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
        ("scope", "openid profile"),
        ("redirect_uri", &format!("{PUBLIC}/sign-in/callback")),
    ] {
        assert_eq!(query(&page, name), value);
    }
    let done = browser.get(&local(&world.a.signs_in(ana, &page).unwrap())).await;
    assert_eq!((done.status.as_u16(), done.location().as_str()), (303, "/api/me"));
    for cookie in done.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-") && !cookie.contains(&ana.to_string()), "{cookie}");
        for mark in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(mark), "{cookie}");
        }
    }
    assert_eq!(browser.cookies.len(), 1, "the sign-in's own cookie is gone");

    let me = browser.get("/api/me").await.json();
    let csrf = me["csrf"].as_str().unwrap().to_owned();
    assert_eq!(
        me,
        json!({ "tenant": world.a.tenant_id(), "person": ana, "roles": ["Administrator"], "csrf": csrf })
    );
    let run = format!("/api/tenants/{}/hubs/company/run", world.a.tenant_id());
    let without = browser.send("POST", &run, &[], "").await;
    insta::assert_snapshot!(without.refusal(), @"403 the request does not prove that a page of this session made it; send the value of csrf from GET /api/me in the header X-CSRF-Token");
    let with = browser.send("POST", &run, &[("x-csrf-token", &csrf), ("origin", PUBLIC)], "").await;
    assert_eq!(with.status, 404, "there is no such hub: {}", with.text());
    let foreign = [("x-csrf-token", csrf.as_str()), ("origin", "https://elsewhere.example")];
    assert_eq!(browser.send("POST", &run, &foreign, "").await.status, 403);

    let kept = browser.cookies.clone();
    assert_eq!(browser.send("POST", "/sign-in/out", &[], "csrf=x").await.status, 403);
    let out = browser.send("POST", "/sign-in/out", &[], &format!("csrf={csrf}")).await;
    assert_eq!(out.status, 200);
    assert!(browser.cookies.is_empty(), "the cookie is taken out of the browser");
    let mut thief = Browser { world: &world, cookies: kept };
    assert_eq!(thief.get("/api/me").await.status, 401, "a cookie of before the sign-out is worth nothing");
}

#[tokio::test]
async fn a_session_ends_when_it_is_left_alone_and_at_the_end_of_the_day() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Reader"]);
    let mut idle = world.signed_in(&world.a, ana).await;
    let mut busy = world.signed_in(&world.a, ana).await;
    let stolen = busy.cookies[SESSION].clone();
    world.wait(29 * MINUTE);
    assert_eq!(busy.get("/api/me").await.status, 200);
    assert_ne!(busy.cookies[SESSION], stolen, "the last use is noted");
    world.wait(MINUTE);
    assert_eq!(idle.get("/api/me").await.status, 401);
    let mut thief = Browser { world: &world, cookies: [(SESSION.to_owned(), stolen)].into() };
    assert_eq!(thief.get("/api/me").await.status, 401, "an old copy of a session in use has ended too");
    for _ in 0..22 {
        world.wait(20 * MINUTE);
        assert_eq!(busy.get("/api/me").await.status, 200);
    }
    world.wait(10 * MINUTE);
    assert_eq!(busy.get("/api/me").await.status, 401, "eight hours are the end");
}

#[tokio::test]
async fn a_cookie_that_was_tampered_with_or_made_up_is_none() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Reader"]);
    let browser = world.signed_in(&world.a, ana).await;
    let genuine = browser.cookies[SESSION].clone();
    let mut tries: Vec<String> = ["", "x", "e30=", "%7B%7D", "{\"id\":1}"].map(str::to_owned).into();
    let letters: Vec<char> = genuine.chars().collect();
    for at in (0..letters.len()).step_by(7) {
        let mut other = letters.clone();
        other[at] = if other[at] == 'A' { 'B' } else { 'A' };
        tries.push(other.into_iter().collect());
    }
    tries.push(letters[..letters.len() - 8].iter().collect());
    for value in tries.iter().filter(|value| **value != genuine) {
        let mut forger = Browser { world: &world, cookies: [(SESSION.to_owned(), value.clone())].into() };
        assert_eq!(forger.get("/api/me").await.status, 401, "{value}");
    }
    let mut begun = Browser::new(&world);
    begun.begin().await;
    let other = begun.cookies.values().next().unwrap().clone();
    let mut swapped = Browser { world: &world, cookies: [(SESSION.to_owned(), other)].into() };
    assert_eq!(swapped.get("/api/me").await.status, 401, "a cookie of another kind under this name");
}

#[tokio::test]
async fn a_session_that_an_attacker_planted_is_not_the_victims() {
    let world = World::new().await;
    let (ana, eve) = (world.person(&world.a, &["Administrator"]), world.person(&world.b, &[]));
    let planted = world.signed_in(&world.b, eve).await.cookies[SESSION].clone();
    let mut victim = Browser { world: &world, cookies: [(SESSION.to_owned(), planted.clone())].into() };
    victim.sign_in(&world.a, ana).await;
    assert_ne!(victim.cookies[SESSION], planted, "a sign-in begins a session of its own");
    assert_eq!(victim.get("/api/me").await.json()["person"], json!(ana));
    let mut attacker = Browser { world: &world, cookies: [(SESSION.to_owned(), planted)].into() };
    assert_eq!(attacker.get("/api/me").await.status, 401, "and ends the one that was there");
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_asked_and_soon() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Reader"]);
    let mut browser = Browser::new(&world);
    let page = browser.begin().await;
    let back = local(&world.a.signs_in(ana, &page).unwrap());
    let mut other = Browser::new(&world);
    assert_eq!(other.get(&back).await.status, 400, "another browser, without a cookie");
    other.begin().await;
    assert_eq!(other.get(&back).await.status, 400, "another browser, with another sign-in");
    let wrong = back.replace("state=", "state=x");
    assert_eq!(browser.get(&wrong).await.status, 400);
    let kept = browser.cookies.clone();
    assert_eq!(browser.get(&back).await.status, 303);
    let mut again = Browser { world: &world, cookies: kept };
    assert_eq!(again.get(&back).await.status, 400, "replayed");

    let mut slow = Browser::new(&world);
    let page = slow.begin().await;
    let back = local(&world.a.signs_in(ana, &page).unwrap());
    world.wait(10 * MINUTE);
    let late = slow.get(&back).await;
    assert_eq!(late.status, 400);
    assert!(late.text().contains("took longer than ten minutes"), "{}", late.text());
}

#[tokio::test]
async fn a_code_that_was_given_to_another_browser_signs_nobody_in() {
    let world = World::new().await;
    let (ana, eve) = (world.person(&world.a, &["Administrator"]), world.person(&world.b, &[]));
    let (mut victim, mut attacker) = (Browser::new(&world), Browser::new(&world));
    let (of_victim, of_attacker) = (victim.begin().await, attacker.begin().await);
    let code = query(&world.a.signs_in(ana, &of_victim).unwrap(), "code");
    let stolen = format!("/sign-in/callback?code={code}&state={}", query(&of_attacker, "state"));
    let answer = attacker.get(&stolen).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("invalid_grant"), "{}", answer.text());
    assert!(!attacker.cookies.contains_key(SESSION));
    let code = query(&world.b.signs_in(eve, &attacker.begin().await).unwrap(), "code");
    let planted = format!("/sign-in/callback?code={code}&state={}", query(&victim.begin().await, "state"));
    assert_eq!(victim.get(&planted).await.status, 403, "nor is the victim signed in as the attacker");
    assert!(!victim.cookies.contains_key(SESSION));
}

#[tokio::test]
async fn what_microsoft_refuses_is_told_as_text_and_without_its_words() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    let page = browser.begin().await;
    let state = query(&page, "state");
    let odd = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let refused = format!("/sign-in/callback?state={state}&error={odd}&error_description={odd}");
    let answer = browser.get(&refused).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.text().contains("script") && answer.text().contains("no code"), "{}", answer.text());
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    insta::assert_snapshot!(policy, @"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'");
    let consent = Browser::new(&world).get("/consent/start").await;
    let policy = consent.headers["content-security-policy"].to_str().unwrap();
    insta::assert_snapshot!(policy, @"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'");
    for path in ["/sign-in/callback", "/sign-in/callback?state=a&state=b", "/sign-in/callback?code=x&state="]
    {
        assert_eq!(Browser::new(&world).get(path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn nothing_in_the_request_says_where_to_go_on() {
    let world = World::new().await;
    let ana = world.person(&world.a, &[]);
    for more in
        ["?back=https://evil.example", "?redirect_uri=//evil.example", "?return=/x&next=https://evil.example"]
    {
        let mut browser = Browser::new(&world);
        let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example")];
        let begun = browser.send("GET", &format!("/sign-in/start{more}"), &headers, "").await;
        assert_eq!(query(&begun.location(), "redirect_uri"), format!("{PUBLIC}/sign-in/callback"));
        let back = local(&world.a.signs_in(ana, &begun.location()).unwrap());
        let done = browser.send("GET", &format!("{back}&{}", &more[1..]), &headers, "").await;
        assert_eq!(done.location(), "/api/me");
    }
}

#[tokio::test]
async fn keys_of_cookies_change_daily_and_sessions_outlive_that() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Reader"]);
    world.signed_in(&world.a, ana).await;
    world.wait(23 * HOUR + 50 * MINUTE);
    let mut browser = world.signed_in(&world.a, ana).await;
    for _ in 0..16 {
        world.wait(25 * MINUTE);
        assert_eq!(browser.get("/api/me").await.status, 200);
    }
    world.wait(48 * HOUR);
    assert_eq!(browser.get("/api/me").await.status, 401);
    let mut anew = world.signed_in(&world.a, ana).await;
    assert_eq!(anew.get("/api/me").await.status, 200);
}

#[tokio::test]
async fn only_the_home_tenant_has_owners() {
    let world = World::new().await;
    let roles = async |tenant| {
        let person = world.person(tenant, &["Owner", "Reader", "Emperor"]);
        let by_cookie = world.signed_in(tenant, person).await.get("/api/me").await.json()["roles"].clone();
        let by_token = world.bearer("GET", "/api/me", &tenant.person_token(person).unwrap()).await.json();
        assert_eq!(by_cookie, by_token["roles"]);
        assert_eq!(by_token.get("csrf"), None);
        by_cookie
    };
    assert_eq!(roles(&world.home).await, json!(["Reader", "Owner"]));
    assert_eq!(roles(&world.a).await, json!(["Reader"]));
}

/// The log of a tenant, and who stands in it.
async fn log(world: &World, tenant: &Tenant) -> Vec<Entry> {
    let log = Log::from(&TenantId::new(tenant.tenant_id()).unwrap());
    let read: Vec<_> = entries(&world.app, &log, 0).try_collect().await.unwrap();
    read.into_iter().map(Result::unwrap).collect()
}

fn told(log: &[Entry]) -> String {
    let told: Vec<_> = log.iter().map(|entry| format!("{} {}", entry.action, entry.details)).collect();
    told.join("\n")
}

#[tokio::test]
async fn what_changes_something_is_in_the_audit_log() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Administrator"]);
    let mut browser = world.signed_in(&world.a, ana).await;
    let csrf = browser.csrf().await;
    let hub = format!("/api/tenants/{}/hubs/company", world.a.tenant_id());
    browser.get(&hub).await;
    browser.send("DELETE", &hub, &[], "").await;
    browser.send("DELETE", &hub, &[("x-csrf-token", &csrf)], "").await;
    let approve = format!("{hub}/held/{}/approve?code=secret", "0".repeat(32));
    world.bearer("POST", &approve, &world.a.person_token(ana).unwrap()).await;

    let log = log(&world, &world.a).await;
    insta::assert_snapshot!(told(&log), @r#"
    signIn {"outcome":"signedIn","roles":["Administrator"]}
    deleteHub {"hub":"company","status":404}
    approveHeldPlan {"hash":"00000000000000000000000000000000","hub":"company","status":404}
    "#);
    assert!(log.iter().all(|entry| entry.actor == log[0].actor), "the same person by cookie and by token");
    assert!(log[0].actor.starts_with("p-"), "by a pseudonym: {}", log[0].actor);
}

#[tokio::test]
async fn who_came_who_left_and_who_was_not_let_in_is_in_the_log_of_their_tenant() {
    let world = World::new().await;
    let (ana, bo) = (world.person(&world.a, &["Reader"]), world.person(&world.a, &["Privacy", "Operator"]));
    let mut browser = world.signed_in(&world.a, ana).await;
    browser.sign_in(&world.a, bo).await;
    let csrf = browser.csrf().await;
    browser.send("POST", "/sign-in/out", &[], "csrf=wrong").await;
    browser.send("POST", "/sign-in/out", &[], &format!("csrf={csrf}")).await;
    let mut other = Browser::new(&world);
    let wrong = other.begin_with_nonce("planted").await;
    other.get(&local(&world.a.signs_in(ana, &wrong).unwrap())).await;

    let log = log(&world, &world.a).await;
    insta::assert_snapshot!(told(&log), @r#"
    signIn {"outcome":"signedIn","roles":["Reader"]}
    signOut {"outcome":"signedOut","roles":["Reader"]}
    signIn {"outcome":"signedIn","roles":["Operator","Privacy"]}
    signOut {"outcome":"signedOut","roles":["Operator","Privacy"]}
    signIn {"outcome":"refused","why":"it does not answer this sign-in"}
    "#);
    let of: Vec<_> = [ana, ana, bo, bo, ana].into();
    let tenant = TenantId::new(world.a.tenant_id()).unwrap();
    for (entry, person) in log.iter().zip(of) {
        let pseudonym = audit::pseudonym(&world.app, &tenant, person).await.unwrap();
        assert_eq!(Some(&entry.actor), pseudonym.as_ref());
    }
}

#[tokio::test]
async fn owners_stand_in_the_log_of_their_own_tenant_and_strangers_in_none() {
    let world = World::unconnected().await;
    world.connect(&world.a).await;
    let (olga, eve) = (world.person(&world.home, &["Owner"]), world.person(&world.b, &["Reader"]));
    world.signed_in(&world.home, olga).await;
    world.signed_in(&world.b, eve).await;
    insta::assert_snapshot!(told(&log(&world, &world.home).await), @r#"signIn {"outcome":"signedIn","roles":["Owner"]}"#);
    for tenant in [&world.a, &world.b] {
        assert_eq!(log(&world, tenant).await, []);
    }
}

#[tokio::test]
async fn whoever_saw_contents_is_in_the_audit_log() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Administrator"]);
    let mut browser = world.signed_in(&world.a, ana).await;
    let hub = format!("/api/tenants/{}/hubs/company", world.a.tenant_id());
    for path in ["items/feed:ana@example.com", "rulings"] {
        for values in ["", "?values=false", "?values=true", "?values=true&values=false"] {
            browser.get(&format!("{hub}/{path}{values}")).await;
        }
    }
    browser.get("/api/me?values=true").await;
    insta::assert_snapshot!(told(&log(&world, &world.a).await), @r#"
    signIn {"outcome":"signedIn","roles":["Administrator"]}
    getItem {"hub":"company","key":"feed:fe52af1abdeee13a802c20ff","status":404,"values":true}
    getItem {"hub":"company","key":"feed:fe52af1abdeee13a802c20ff","status":404,"values":true}
    listRulings {"hub":"company","status":404,"values":true}
    listRulings {"hub":"company","status":404,"values":true}
    "#);
}

#[tokio::test]
async fn an_id_token_that_answers_another_sign_in_signs_nobody_in() {
    let world = World::new().await;
    let ana = world.person(&world.a, &["Administrator"]);
    let mut browser = Browser::new(&world);
    // The code is that of this browser, and so are state and verifier: only the nonce is not.
    let page = browser.begin_with_nonce("planted").await;
    let answer = browser.get(&local(&world.a.signs_in(ana, &page).unwrap())).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("does not answer this sign-in"), "{}", answer.text());
    assert!(!browser.cookies.contains_key(SESSION));
}
