//! What somebody may try at the way back from Microsoft's page: none of it connects a tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::time::Duration;

use demo::browser::{Browser, Page};
use serde_json::Value;
use stage::street::{Street, pick, record};
use url::Url;

const MINUTE: Duration = Duration::from_secs(60);

/// A refusal: a page with a status of 4xx that says this; nothing is connected.
#[track_caller]
fn refused(page: &Page, status: u16, words: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(words), "{words}\n{}", page.text);
    assert!(page.text.contains("What to do:"), "{}", page.text);
    assert_eq!(page.next, None);
}

async fn nothing_is_connected(street: &Street) {
    assert_eq!(street.record().await, Value::Null);
    assert_eq!(street.world.app.tables.tenant_ids().await.unwrap(), []);
}

/// An address with one parameter of its query replaced, or taken away.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let others: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(own, _)| own != name).collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others).extend_pairs(value.map(|value| (name, value)));
    changed
}

const NOT_BEGUN: &str = "no consent that your session began";

#[tokio::test]
async fn a_state_counts_once_and_in_its_own_session_alone() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let back = street.agree(&browser, "all").await;
    refused(&Browser::new().unwrap().visit(&back).await.unwrap(), 401, "You are not signed in.");
    let same_person = street.browser_of(street.admin).await;
    refused(&same_person.visit(&back).await.unwrap(), 403, NOT_BEGUN);
    street.choose(&same_person, "all").await;
    refused(&same_person.visit(&back).await.unwrap(), 403, NOT_BEGUN);
    refused(&browser.visit(&with(&back, "state", Some("x"))).await.unwrap(), 403, NOT_BEGUN);
    refused(&browser.visit(&with(&back, "state", None)).await.unwrap(), 403, NOT_BEGUN);
    nothing_is_connected(&street).await;
    let (one, two) = tokio::join!(browser.visit(&back), browser.visit(&back));
    let mut both = [one.unwrap().status, two.unwrap().status];
    both.sort_unstable();
    assert_eq!(both, [303, 403], "of two who come at once one is let in");
    let connected = street.record().await;
    refused(&browser.visit(&back).await.unwrap(), 403, NOT_BEGUN);
    assert_eq!(street.record().await, connected);
}

#[tokio::test]
async fn a_state_of_another_persons_session_is_worth_nothing() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let back = street.agree(&browser, "all").await;
    let other = street.world.cast.people[0];
    street.world.simulator.set_admin(other);
    refused(&street.browser_of(other).await.visit(&back).await.unwrap(), 403, NOT_BEGUN);
    nothing_is_connected(&street).await;
}

#[tokio::test]
async fn the_tenant_of_the_address_is_not_believed() {
    let street = Street::of(4, 1, &[]).await;
    let victim = street.world.simulator.add_tenant();
    let browser = street.browser_of(street.admin).await;
    for named in [Some(victim.tenant_id()), Some("x".to_owned()), None] {
        let back = street.agree(&browser, "all").await;
        let page = browser.visit(&with(&back, "tenant", named.as_deref())).await.unwrap();
        refused(&page, 403, "You agreed for another tenant");
    }
    nothing_is_connected(&street).await;
    assert_eq!(record(&street.world, &victim).await, Value::Null);
}

#[tokio::test]
async fn a_token_of_another_tenant_proves_nothing() {
    let street = Street::of(4, 1, &[]).await;
    let other = street.world.simulator.add_tenant();
    let browser = street.browser_of(street.admin).await;
    let back = street.agree(&browser, "all").await;
    street.world.simulator.answer_with_tokens_of(Some(&other));
    refused(&browser.visit(&back).await.unwrap(), 403, "a token of another tenant");
    nothing_is_connected(&street).await;
    assert_eq!(record(&street.world, &other).await, Value::Null);
}

#[tokio::test]
async fn a_yes_that_nobody_gave_is_not_believed() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let page = street.choose(&browser, "all").await;
    let state = page.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut back = street.at("consent/callback");
    let tenant = street.world.simulator.tenant_id();
    back.query_pairs_mut().extend_pairs([
        ("admin_consent", "True"),
        ("tenant", &*tenant),
        ("state", &*state),
    ]);
    refused(&browser.visit(&back).await.unwrap(), 403, "Microsoft&#39;s token lacks User.Read.All");
    nothing_is_connected(&street).await;
}

#[tokio::test]
async fn the_consent_of_an_administrator_is_not_taken_over_by_a_colleague() {
    let street = Street::of(4, 1, &[]).await;
    let admin = street.browser_of(street.admin).await;
    street.agree(&admin, "all").await;
    let colleague = street.browser_of(street.world.cast.people[0]).await;
    let start = colleague.open(&street.at("consent/start")).await.unwrap();
    assert!(start.text.contains("Your account may not agree for the whole tenant"), "{}", start.text);
    assert!(start.form_with(&[("csrf", "")]).is_err());
    nothing_is_connected(&street).await;
}

#[tokio::test]
async fn both_of_microsofts_endpoints_may_say_no() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let page = street.choose(&browser, "all").await;
    let declined = pick(&browser, &page, street.admin, "cancel").await;
    refused(&declined, 403, "Nobody agreed at Microsoft&#39;s page.");
    let page = street.choose(&browser, "all").await;
    let colleague = pick(&browser, &page, street.world.cast.people[0], "accept").await;
    refused(&colleague, 403, "Your account may not agree for the whole tenant.");
    let page = street.choose(&browser, "all").await;
    let mut first = page.url.clone();
    first.set_path(&format!("/{}/adminconsent", street.world.simulator.tenant_id()));
    let page = browser.visit(&first).await.unwrap();
    let cancelled = pick(&browser, &page, street.admin, "cancel").await;
    refused(&cancelled, 403, "Nobody agreed at Microsoft&#39;s page.");
    refused(&browser.visit(&cancelled.url).await.unwrap(), 403, "Nobody agreed");
    let back = street.at("consent/callback?error=server_error&error_description=x&admin_consent=True");
    refused(&Browser::new().unwrap().visit(&back).await.unwrap(), 403, "had trouble of its own");
    nothing_is_connected(&street).await;
}

#[tokio::test]
async fn an_old_sign_in_and_an_old_state_are_not_enough() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let start = browser.open(&street.at("consent/start")).await.unwrap();
    let form = start.form_with(&[("csrf", "")]).unwrap();
    let back = street.agree(&browser, "all").await;
    street.world.clock.advance(16 * MINUTE);
    refused(&browser.visit(&back).await.unwrap(), 401, "older than 15 minutes");
    let page = browser.submit(&start, &form, &[("mode", "all")]).await.unwrap();
    refused(&page, 401, "older than 15 minutes");
    street.sign_in(&browser, street.admin).await;
    refused(&browser.visit(&back).await.unwrap(), 403, NOT_BEGUN);
    nothing_is_connected(&street).await;
}

#[tokio::test]
async fn nobody_is_sent_anywhere_else() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let evil = "https://evil.example/";
    let names = ["redirect_uri", "redirect", "return", "returnUrl", "back", "next", "url", "state", "tenant"];
    let back = street.agree(&browser, "all").await;
    for name in names {
        for path in ["consent/start", "consent/connected", "consent/callback"] {
            let page = browser.visit(&with(&street.at(path), name, Some(evil))).await.unwrap();
            assert_eq!(page.next, None, "{path} {name}");
            assert!(!page.text.contains("evil.example"), "{path} {name}");
        }
        let signing_in = browser.visit(&with(&street.at("consent/sign-in"), name, Some(evil))).await.unwrap();
        assert!(!signing_in.next.unwrap().as_str().contains("evil"), "{name}");
    }
    let connected = browser.visit(&with(&back, "redirect", Some(evil))).await.unwrap();
    assert_eq!(connected.next.unwrap().path(), "/consent/connected");
    let page = street.choose(&browser, "all").await;
    let sent_back = page.url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(sent_back, street.at("consent/callback").to_string());
}

#[tokio::test]
async fn what_stands_in_the_address_never_becomes_a_part_of_the_page() {
    let street = Street::of(4, 1, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let back = street.agree(&browser, "all").await;
    let html = "\"><script>alert(1)</script><b>'";
    let names =
        ["error", "error_description", "error_subcode", "admin_consent", "tenant", "state", "scope", "odd"];
    for name in names {
        for path in [&back, &street.at("consent/start"), &street.at("consent/connected")] {
            let page = browser.visit(&with(path, name, Some(html))).await.unwrap();
            for part in ["<script", "alert(1)", "<b>"] {
                assert!(!page.text.contains(part), "{} {name}: {}", path.path(), page.text);
            }
        }
    }
    let twice = street.at("consent/callback?state=a&state=b");
    refused(&browser.visit(&twice).await.unwrap(), 400, "The address is none that");
    assert!(!street.world.paper.text().contains("alert"), "what a stranger writes is not logged");
}

#[tokio::test]
async fn a_form_that_is_not_of_the_session_begins_nothing() {
    let street = Street::of(4, 1, &[("WHEELHOUSE_SCOPED_APP_CLIENT_ID", String::new())]).await;
    let browser = street.browser_of(street.admin).await;
    let start = browser.open(&street.at("consent/start")).await.unwrap();
    let form = start.form_with(&[("csrf", "")]).unwrap();
    let mut forged = form.clone();
    forged.fields = vec![("csrf".to_owned(), "x".to_owned())];
    let page = browser.submit(&start, &forged, &[("mode", "all")]).await.unwrap();
    refused(&page, 403, "does not belong to your session");
    assert!(start.text.contains("Single mailboxes can't be chosen here"), "{}", start.text);
    for mode in ["scoped", "every", ""] {
        let page = browser.submit(&start, &form, &[("mode", mode)]).await.unwrap();
        assert!((400..500).contains(&page.status) && page.next.is_none(), "{mode}: {}", page.text);
    }
    let stranger = Browser::new().unwrap();
    refused(
        &stranger.submit(&start, &form, &[("mode", "all")]).await.unwrap(),
        401,
        "You are not signed in.",
    );
    nothing_is_connected(&street).await;
}
