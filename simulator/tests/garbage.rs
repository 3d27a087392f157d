//! Nonsense from outside: thousands of requests put together by chance, and none breaks the simulator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{at, fridays, world};
use serde_json::{Value, json};

const METHODS: [&str; 5] = ["GET", "POST", "PATCH", "DELETE", "PUT"];
const PARTS: [&str; 24] = [
    "users",
    "groups",
    "contacts",
    "contactFolders",
    "delta",
    "delta()",
    "microsoft.graph.delta()",
    "permanentDelete",
    "members",
    "transitiveMembers",
    "microsoft.graph.user",
    "manager",
    "$batch",
    "me",
    "Contacts",
    "%00",
    "%ff",
    "('')",
    "(')",
    "x'y",
    "..%2F",
    "AAMkAD",
    "11111111-1111-4111-8111-111111111111",
    "",
];
const QUERIES: [&str; 20] = [
    "",
    "$top=0",
    "$top=-1",
    "$top=99999999999999999999",
    "$skip=18446744073709551615",
    "$select=",
    "$select=,,",
    "$select=id,members",
    "$filter=",
    "$filter='",
    "$filter=a/any(b:",
    "$filter=singleValueExtendedProperties/Any(ep:ep/id%20eq%20'x'%20and%20ep/value%20eq%20'",
    "$filter=id%20eq%20'%C3%BC'",
    "$expand=singleValueExtendedProperties($filter=)",
    "$deltatoken=",
    "$deltatoken=AAAA",
    "$skiptoken=%FF",
    "$count=true",
    "&&&===",
    "$top=5&$top=6",
];

fn body(pick: usize) -> Option<Value> {
    let bodies = [
        Value::Null,
        json!([]),
        json!({}),
        json!({ "displayName": "" }),
        json!({ "displayName": "F", "singleValueExtendedProperties": [{}] }),
        json!({ "givenName": "A", "emailAddresses": [{ "address": "@" }, { "address": "ü@ü", "name": null }] }),
        json!({ "givenName": "A", "birthday": "0000-00-00T00:00:00Z" }),
        json!({ "givenName": "\u{0}\u{1f}", "homeAddress": { "street": null } }),
        json!({ "requests": [{ "id": "1", "method": "GET", "url": "" }, { "id": "2", "method": "X", "url": "//?$" }] }),
        json!({ "requests": [{ "id": "1", "method": "GET", "url": "/", "headers": [], "dependsOn": ["1"] }] }),
    ];
    bodies.get(pick).cloned()
}

/// The next number of a fixed sequence, below a bound.
fn roll(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % bound
}

#[tokio::test]
async fn no_request_breaks_the_simulator() {
    let w = world().await;
    let folder = w.folder("Company").await;
    let contact = w.contact("A").await;
    let own = [w.user.to_string(), folder, contact];
    let mut dice = 7;
    for round in 0..3000 {
        let mut path = String::new();
        for _ in 0..roll(&mut dice, 6) {
            let pick = roll(&mut dice, PARTS.len() + own.len() * 3);
            let part = PARTS.get(pick).copied().unwrap_or_else(|| &own[(pick - PARTS.len()) % own.len()]);
            path += &format!("/{part}");
        }
        let query = QUERIES[roll(&mut dice, QUERIES.len())];
        let (method, pick) = (METHODS[roll(&mut dice, METHODS.len())], roll(&mut dice, 14));
        let path = format!("{}?{query}", if path.is_empty() { "/" } else { &path });
        let reply = w.send(method, &path, &[], body(pick)).await;
        let documented = reply.code() == "InternalServerError" && query.starts_with("$expand");
        assert!(
            reply.status < 500 || reply.status == 501 || documented,
            "{round}: {method} {path} → {}",
            reply.text
        );
        assert!(
            reply.status < 400 || !reply.code().is_empty(),
            "{round}: {method} {path} → {}",
            reply.status
        );
    }
}

const CALENDAR_PARTS: [&str; 12] = [
    "calendar",
    "calendars",
    "events",
    "calendarView",
    "delta",
    "instances",
    "cancel",
    "permanentDelete",
    "OID.",
    "OID.AAMkAD.2027-03-05",
    "OID.x.9999999-99-99",
    "",
];
const WINDOWS: [&str; 8] = [
    "",
    "$top=5&$skip=18446744073709551615",
    "$select=cancelledOccurrences&$expand=exceptionOccurrences,,",
    "$expand=exceptionOccurrences,singleValueExtendedProperties($filter=id%20eq%20'String%20x')",
    "startDateTime=0001-01-01&endDateTime=0005-01-01",
    "startDateTime=9997-01-01&endDateTime=9999-12-31T23:59:59Z",
    "startDateTime=-262143-01-01&endDateTime=262142-12-31",
    "startDateTime=2027-03-01&endDateTime=2027-04-01",
];

fn event_body(pick: usize) -> Option<Value> {
    let far = json!({ "dateTime": "9999-12-31T23:59:59.9999999", "timeZone": "Pacific/Kiritimati" });
    let last = at("4500-12-31", "23:00:00", "Pacific/Kiritimati");
    let every = |kind: &str, interval: i64| {
        let pattern = json!({ "type": kind, "interval": interval, "dayOfMonth": 31, "month": 2, "daysOfWeek": ["monday"] });
        let range = json!({ "type": "numbered", "startDate": "2027-03-05", "numberOfOccurrences": i32::MAX });
        json!({ "recurrence": { "pattern": pattern, "range": range } })
    };
    let bodies = [
        json!({}),
        json!([]),
        json!({ "start": far, "end": far }),
        json!({ "start": last, "end": last, "isAllDay": null }),
        json!({ "start": at("2027-03-05", "25:00:00", "UTC") }),
        json!({ "isAllDay": true }),
        json!({ "recurrence": { "pattern": null, "range": [] } }),
        json!({ "recurrence": null, "subject": "\u{0}" }),
        json!({ "attendees": [null], "locations": [[]] }),
        json!({ "body": { "content": "<<br<body>>&lt;", "contentType": "html" }, "name": " " }),
        every("relativeMonthly", i64::from(i32::MAX)),
        every("absoluteYearly", 1),
        every("weekly", 100_000_000),
        fridays("2027-03-05", "x"),
    ];
    bodies.get(pick).cloned()
}

#[tokio::test]
async fn no_request_for_events_breaks_the_simulator() {
    let w = world().await;
    let calendar = w.post(&w.mine("calendars"), json!({ "name": "C" })).await.ok(201).id();
    let series = w.post(&w.mine("events"), fridays("2027-03-05", "x")).await.ok(201).id();
    let own = [calendar, format!("OID.{series}.2027-03-12"), series];
    let mut dice = 11;
    for round in 0..3000 {
        let mut path = w.mine(["calendar", "calendars", "events", "calendarView"][roll(&mut dice, 4)]);
        for _ in 0..roll(&mut dice, 4) {
            let pick = roll(&mut dice, CALENDAR_PARTS.len() + own.len() * 3);
            let part = CALENDAR_PARTS
                .get(pick)
                .copied()
                .unwrap_or_else(|| &own[(pick - CALENDAR_PARTS.len()) % own.len()]);
            path += &format!("/{part}");
        }
        path += &format!("?{}", WINDOWS[roll(&mut dice, WINDOWS.len())]);
        let (method, pick) = (METHODS[roll(&mut dice, METHODS.len())], roll(&mut dice, 18));
        let reply = w.send(method, &path, &[], event_body(pick)).await;
        assert!(reply.status < 500, "{round}: {method} {path} → {}", reply.text);
        assert!(
            reply.status < 400 || !reply.code().is_empty(),
            "{round}: {method} {path} → {}",
            reply.status
        );
    }
}

#[tokio::test]
async fn nonsense_at_login_identity_and_control_is_refused() {
    let w = world().await;
    for (method, path, body) in [
        ("POST", "//oauth2/v2.0/token", "grant_type=client_credentials"),
        ("POST", "/x/oauth2/v2.0/token", "%%%=&&&"),
        ("GET", "//oauth2/v2.0/authorize", ""),
        ("GET", "/organizations/oauth2/v2.0/authorize?%%%=&client_id", ""),
        ("POST", "/organizations/login", "request=%00&person=%ff&answer"),
        ("POST", "/organizations/consent", "request=%00&person=%ff&answer"),
        ("GET", "/x/v2.0/adminconsent?scope=%0d%0a", ""),
        ("GET", "/common/adminconsent", ""),
        ("GET", "/x/v2.0/.well-known/openid-configuration", ""),
        ("GET", "/x/discovery/v2.0/keys", ""),
        ("POST", "/organizations/oauth2/v2.0/token", "grant_type=authorization_code&code=%00"),
        ("GET", "/identity/token", ""),
        ("POST", "/control", "{"),
        ("POST", "/control", "[]"),
        ("POST", "/control", "{\"do\":\"add-user\",\"user\":7}"),
        ("POST", "/control", "{\"do\":\"add-group\",\"group\":{\"displayName\":\"G\",\"members\":[7]}}"),
        ("GET", "/nowhere", ""),
        ("GET", "/v1.0", ""),
    ] {
        let request =
            w.http.request(method.parse().unwrap(), format!("{}{path}", w.sim.graph_url())).body(body);
        let status = request.send().await.unwrap().status().as_u16();
        assert!((400..500).contains(&status), "{method} {path} {body}: {status}");
    }
}

#[tokio::test]
async fn no_request_breaks_the_sign_in_service() {
    const PATHS: [&str; 8] = [
        "oauth2/v2.0/token",
        "oauth2/v2.0/authorize",
        "login",
        "v2.0/adminconsent",
        "adminconsent",
        "consent",
        "v2.0/.well-known/openid-configuration",
        "discovery/v2.0/keys",
    ];
    const NAMES: [&str; 12] = [
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "request",
        "person",
        "tenant",
        "answer",
        "code",
        "code_verifier",
        "grant_type",
        "client_assertion",
    ];
    let w = world().await;
    w.sim.register_redirect("https://app.example/back");
    let (tenant, client) = (w.sim.tenant_id(), w.sim.client_id());
    let values = [
        &*client,
        "https://app.example/back",
        "authorization_code",
        "%00",
        "e30.e30.e30",
        "a%0d%0ab:%20c",
        "",
    ];
    let tenants = [&*tenant, "organizations", "common", "%2e%2e", "x"];
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let (mut dice, mut sent_away) = (13, 0);
    for round in 0..1500 {
        let path = PATHS[roll(&mut dice, PATHS.len())];
        let pair = |dice: &mut u64| {
            format!("{}={}", NAMES[roll(dice, NAMES.len())], values[roll(dice, values.len())])
        };
        let mut pairs: Vec<String> = (0..roll(&mut dice, 8)).map(|_| pair(&mut dice)).collect();
        if round % 2 == 0 {
            pairs.push(format!("client_id={client}&redirect_uri=https://app.example/back"));
        }
        let (at, text) = (tenants[roll(&mut dice, tenants.len())], pairs.join("&"));
        let url = format!("{}/{at}/{path}", w.sim.login_url());
        let post = matches!(path, "oauth2/v2.0/token" | "login" | "consent");
        let request =
            if post { http.post(url).body(text.clone()) } else { http.get(format!("{url}?{text}")) };
        let reply = common::read(request.send().await.unwrap()).await.unwrap();
        assert!(reply.status < 500, "{round}: {path} {text} → {}", reply.text);
        let away = reply.headers.get("location").map(|to| to.to_str().unwrap());
        assert!(away.is_none_or(|to| to.starts_with("https://app.example/back?")), "{round}: {away:?}");
        sent_away += usize::from(away.is_some());
    }
    assert!(sent_away > 50, "{sent_away}");
}
