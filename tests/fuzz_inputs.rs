//! Fuzz targets: whatever comes from outside is read into types or refused in words. Nothing panics, nothing answers 500, and
//! no refusal repeats what it was given.
//!
//! Seconds here; longer by `PROPTEST_CASES=100000 cargo test --test fuzz_inputs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod ledger;

use std::ffi::OsString;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use platform::RealClock;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use wheelhouse::audit::Exported;
use wheelhouse::config::Settings;
use wheelhouse::host::{QueueMessage, TimerTick};
use wheelhouse::messages::{Gather, SyncMailbox, decode};

/// Stands wherever a person's data could: no refusal may repeat it.
const MARK: &str = "Ana-Kos-4315550100";

/// Pieces that parsers of these formats trip over.
fn pieces() -> impl Strategy<Value = String> {
    let odd = [
        "",
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "true",
        "-1",
        "1e999",
        "18446744073709551616",
        "\u{0}",
        "%00",
        "%",
        "..",
        "/",
        "é",
        "\u{202e}",
        "&",
        "=",
        ";",
        "\r\n",
        " ",
        "'",
        "$filter",
        "@odata.nextLink",
        MARK,
    ];
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), any::<String>(), "[ -~]{0,20}"]
}

/// Any JSON, with the mark among its values; a name that is misspelt may be told to whoever wrote it.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        pieces().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[ -~é]{0,12}", inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

/// A document in which one place holds something else, or is gone.
fn bent(document: Value) -> impl Strategy<Value = Value> {
    (any::<Index>(), proptest::option::of(anything())).prop_map(move |(at, other)| {
        let mut bent = document.clone();
        let places = places(&bent);
        let place = at.get(&places).clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        match (bent.pointer_mut(parent).unwrap(), other) {
            (Value::Object(fields), None) => drop(fields.remove(name)),
            (Value::Object(fields), Some(other)) => drop(fields.insert(name.to_owned(), other)),
            (Value::Array(list), None) => drop(list.remove(name.parse().unwrap())),
            (Value::Array(list), Some(other)) => list[name.parse::<usize>().unwrap()] = other,
            _ => unreachable!("only objects and lists hold places"),
        }
        bent
    })
}

/// The pointers to every place in a document.
fn places(document: &Value) -> Vec<String> {
    let below = |name: String, value: &Value| {
        let deeper = places(value).into_iter().map({
            let name = name.clone();
            move |place| format!("/{name}{place}")
        });
        std::iter::once(format!("/{name}")).chain(deeper).collect::<Vec<_>>()
    };
    match document {
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| below(name.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// Bytes of a text, some of them changed, cut or doubled.
fn broken(text: String) -> impl Strategy<Value = Vec<u8>> {
    let hit = (any::<Index>(), any::<u8>(), 0..4_u8);
    prop::collection::vec(hit, 1..4).prop_map(move |hits| {
        let mut bytes = text.clone().into_bytes();
        for (at, byte, how) in hits.into_iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.truncate(at),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    })
}

fn hub() -> Value {
    json!({
        "name": "Company", "kind": "events", "schedule": "0 * * * *", "readLagSeconds": 1,
        "limits": { "deletesPerRun": 500 },
        "spokes": [
            { "id": "directory", "connector": "directory", "contributes": {
                "filter": "department = \"Sales\"", "mapping": { "extensionAttributes": { "extensionAttribute1": "middleName" } } } },
            { "id": "feed", "connector": "file", "contributes": { "url": "https://calendar.example/x.ics" } },
            { "id": "mailboxes", "connector": "mailbox", "receives": {
                "folder": "Company", "twoWay": true, "color": "preset1", "fields": { "jobTitle": "overwrite" },
                "audience": { "groups": ["11111111-2222-4333-8444-555555555555"], "users": [], "all": false } } }
        ]
    })
}

fn gather() -> Value {
    json!({ "v": 1, "tenant": ledger::TENANT, "hub": "company", "run": "20260101t000000-00000000", "reason": "manual", "waited": 0 })
}

fn sync_mailbox() -> Value {
    json!({ "v": 1, "tenant": ledger::TENANT, "hub": "company", "run": "r", "part": "p", "goal": "mirror", "spoke": "s",
        "retry": false, "mailboxes": [ledger::PERSON], "open": [], "serves": 1, "attempt": 0 })
}

fn envelope() -> Value {
    json!({ "Data": { "message": "\"{}\"" }, "Metadata": { "DequeueCount": "1", "Id": "\"52d53c5f\"",
        "InsertionTime": "\"2026-11-21T10:00:00+00:00\"", "sys": { "MethodName": "gather" } } })
}

fn says_nothing_of_it(said: impl std::fmt::Display) -> Result<(), TestCaseError> {
    let said = said.to_string();
    prop_assert!(!said.contains(MARK), "{said}");
    prop_assert!(!said.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn envelopes(document in prop_oneof![bent(envelope()), anything()], bytes in broken(envelope().to_string())) {
        for bytes in [document.to_string().into_bytes(), bytes] {
            if let Err(bad) = QueueMessage::decode(&bytes) { says_nothing_of_it(bad)?; }
            if let Err(bad) = TimerTick::decode(&bytes) { says_nothing_of_it(bad)?; }
        }
    }

    #[test]
    fn queue_messages(
        document in prop_oneof![bent(gather()), bent(sync_mailbox()), anything()],
        bytes in prop_oneof![broken(gather().to_string()), broken(sync_mailbox().to_string())],
    ) {
        for bytes in [document.to_string().into_bytes(), bytes] {
            if let Err(bad) = decode::<Gather>(&bytes) { says_nothing_of_it(bad)?; }
            if let Err(bad) = decode::<SyncMailbox>(&bytes) { says_nothing_of_it(bad)?; }
        }
    }

    #[test]
    fn hub_configurations(document in bent(hub()), bytes in broken(hub().to_string())) {
        for bytes in [document.to_string().into_bytes(), bytes] {
            match sync::hub::parse(&bytes) {
                Err(problem) => says_nothing_of_it(problem)?,
                Ok(config) => drop(config.validate(|_| Ok(()))),
            }
        }
    }

    #[test]
    fn filters(text in prop::collection::vec(pieces(), 0..12).prop_map(|all| all.concat()), deep in 0..3000_usize) {
        let _ = sync::Filter::parse(&text);
        let _ = sync::Filter::parse(&format!("{}{text}", "not (".repeat(deep)));
    }

    #[test]
    fn settings(vars in prop::collection::vec((select(VARIABLES.to_vec()), pieces()), 0..8)) {
        let vars = vars.into_iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        if let Err(refused) = Settings::from_vars(vars) {
            prop_assert!(!refused.to_string().is_empty());
        }
    }

    #[test]
    fn exported_audit_lines(text in prop::collection::vec(pieces(), 0..6).prop_map(|all| all.join("\n"))) {
        if let Err(broken) = Exported::read(&text) { says_nothing_of_it(broken)?; }
    }
}

const VARIABLES: [&str; 12] = [
    "WHEELHOUSE_PLATFORM",
    "WHEELHOUSE_DATA_FOLDER",
    "WHEELHOUSE_BLOB_URL",
    "WHEELHOUSE_VAULT_URL",
    "WHEELHOUSE_PUBLIC_URL",
    "WHEELHOUSE_HOME_TENANT",
    "WHEELHOUSE_REGION",
    "WHEELHOUSE_STAMPS",
    "WHEELHOUSE_FEED_ADDRESSES",
    "WHEELHOUSE_HTTP_LANES",
    "WHEELHOUSE_GRAPH_URL",
    "WHEELHOUSE_ANYTHING",
];

/// A Wheelhouse with a public address, on the store of this folder.
fn public(folder: &TempDir) -> Router {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut vars = ledger::settings(folder.path());
    vars.push(("WHEELHOUSE_PUBLIC_URL".into(), "https://wheelhouse.example".into()));
    vars.push(("WHEELHOUSE_HOME_TENANT".into(), ledger::TENANT.into()));
    wheelhouse::router(Settings::from_vars(vars).unwrap(), Arc::new(RealClock::new()))
}

/// A token of three parts, each of them nearly right.
fn tokens() -> impl Strategy<Value = String> {
    let header = bent(json!({ "typ": "JWT", "alg": "RS256", "kid": MARK }));
    // The tenant is one that this deployment does not know: nothing is fetched for it.
    let claims = bent(
        json!({ "aud": "00000000-0000-4000-8000-000000000002", "iss": MARK, "exp": 4102444800_i64, "nbf": 0,
        "tid": "99999999-2222-4333-8444-555555555555", "oid": ledger::PERSON, "roles": ["Reader"], "ver": "2.0" }),
    );
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    prop_oneof![
        (header, claims, pieces()).prop_map(move |(header, claims, signed)| format!(
            "{}.{}.{}",
            part(header),
            part(claims),
            URL_SAFE_NO_PAD.encode(signed)
        )),
        "[A-Za-z0-9_.-]{0,80}",
    ]
}

/// A query out of the names that the pages read.
fn queries() -> impl Strategy<Value = String> {
    let names = [
        "state",
        "code",
        "error",
        "error_description",
        "tenant",
        "admin_consent",
        "scope",
        "values",
        "after",
        "most",
        "person",
    ];
    let pair = (select(names.to_vec()), pieces(), any::<bool>());
    prop::collection::vec(pair, 0..6).prop_map(|pairs| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value, _) in pairs.iter().filter(|pair| !pair.2) {
            query.append_pair(name, value);
        }
        let raw = pairs.iter().filter(|pair| pair.2).map(|(name, value, _)| {
            let plain: String =
                value.chars().filter(|c| c.is_ascii_graphic() && !"#<>\"`{}|\\^ ".contains(*c)).collect();
            format!("&{name}={plain}")
        });
        query.finish() + &raw.collect::<String>()
    })
}

const PATHS: [&str; 12] = [
    "/api/me",
    "/api/version",
    "/api/tenants",
    "/api/tenants/11111111-2222-4333-8444-555555555555/hubs",
    "/api/tenants/%2e%2e/hubs/%00",
    "/consent/start",
    "/consent/callback",
    "/sign-in/start",
    "/sign-in/callback",
    "/sign-in/out",
    "/health",
    "/nothing/here",
];

/// One call from outside; its status, and what it said.
async fn called(router: &Router, request: Request<Body>) -> (u16, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let headers = format!("{:?}", response.headers());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, headers + &String::from_utf8_lossy(&body))
}

/// How many calls: each goes through the whole program.
const CALLS: u32 = 200;

#[test]
fn tokens_cookies_and_queries_of_strangers() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = TempDir::new().unwrap();
    let router = public(&folder);
    let more = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config =
        ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(more.unwrap_or(CALLS)) };
    let calls = (select(PATHS.to_vec()), queries(), tokens(), "[ -:<-~]{0,60}", any::<bool>());
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&calls, |(path, query, token, cookie, posts)| {
        let method = if posts { "POST" } else { "GET" };
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?{query}"))
            .header("host", "wheelhouse.example");
        let request = request
            .header("authorization", format!("Bearer {token}"))
            .header("cookie", format!("__Host-wheelhouse={cookie}; x={token}"));
        let (status, said) =
            runtime.block_on(called(&router, request.body(Body::from(query.clone())).unwrap()));
        prop_assert!(status != 500, "{method} {path}?{query}: {said}");
        prop_assert!(
            path == "/health"
                || !(200..300).contains(&status)
                || path.starts_with("/consent")
                || path.starts_with("/sign-in"),
            "a stranger got {status} from {path}: {said}"
        );
        prop_assert!(!said.contains(MARK), "{path}?{query} repeats what it was given: {said}");
        Ok(())
    });
    outcome.unwrap();
}
