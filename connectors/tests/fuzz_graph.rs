//! Fuzz target: whatever Microsoft Graph answers, the readers read it or fail in words; nothing panics, nothing goes on for
//! ever, no request leaves the configured address, and no error repeats what the answer held.
//!
//! Seconds here; longer by `PROPTEST_CASES=20000 cargo test -p connectors --test fuzz_graph`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use connectors::Clock;
use connectors::graph::login::{Login, Proof, Secret};
use connectors::graph::{Endpoints, Error, FolderReading, Graph, Options, Pace, Place, Which};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use sync::hub::Kind;
use sync::{HubId, ItemId, MailboxId, SourceKey, TenantId};
use uuid::Uuid;

/// Stands where personal data does: no error may repeat it.
const MARK: &str = "Ana-Kos-4315550100";
/// The most requests that one call may make of a server that answers nonsense.
const MOST_REQUESTS: usize = 2000;

/// Time passes whenever somebody waits.
#[derive(Default)]
struct Passing(AtomicI64);

#[async_trait]
impl Clock for Passing {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_795_000_000_000 + self.0.load(Ordering::Relaxed)).unwrap()
    }

    async fn sleep(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4).min(1 << 40);
        self.0.fetch_add(millis + 1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

struct SignedIn;

#[async_trait]
impl Login for SignedIn {
    async fn token(&self, _: &TenantId) -> Result<Secret, Error> {
        Ok(Secret::new("token"))
    }

    async fn renew(&self, _: &TenantId) -> Result<(), Error> {
        Ok(())
    }

    async fn prove(&self, _: &TenantId, _: &str) -> Result<Proof, Error> {
        panic!("no reading asks for it")
    }

    async fn forget(&self, _: &TenantId, _: Option<&Secret>) {}
}

/// What the server answers next, in turn: a status and a body.
type Script = Arc<Mutex<(Vec<(u16, Vec<u8>)>, usize)>>;

/// A server that answers anything to anybody; on a port of its own.
fn serve(listener: &TcpListener, script: &Script) {
    for stream in listener.incoming() {
        // Whoever hangs up early is none of its business.
        let _ = stream.and_then(|stream| answer(stream, script));
    }
}

fn answer(mut stream: TcpStream, script: &Script) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        let text = line.to_ascii_lowercase();
        length = text.strip_prefix("content-length:").map_or(length, |text| text.trim().parse().unwrap());
        line.clear();
    }
    reader.read_exact(&mut vec![0; length])?;
    let (status, body) = {
        let mut script = script.lock().unwrap();
        script.1 += 1;
        script.0[script.1 % script.0.len()].clone()
    };
    let head = "content-type: application/json\r\nconnection: close";
    write!(stream, "HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {}\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

fn pieces() -> impl Strategy<Value = String> {
    let odd = [
        "",
        "0",
        "../..",
        "https://evil.example/v1.0/users",
        "http://127.0.0.1:1/x",
        "//evil",
        "2026-13-45T99:99:99Z",
        "2026-11-21T10:00:00Z",
        "AAMk=",
        "{}",
        "null",
        "\u{0}",
        "é",
        "singleInstance",
        "weekly",
        "#microsoft.graph.user",
        "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
        MARK,
    ];
    prop_oneof![3 => select(odd.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

/// An answer that is made of names that Graph uses, in any place.
fn answers() -> impl Strategy<Value = Value> {
    let names = [
        "value",
        "@odata.nextLink",
        "@odata.deltaLink",
        "@removed",
        "reason",
        "id",
        "displayName",
        "mail",
        "changeKey",
        "createdDateTime",
        "responses",
        "status",
        "body",
        "headers",
        "Retry-After",
        "error",
        "code",
        "message",
        "innerError",
        "start",
        "end",
        "dateTime",
        "timeZone",
        "recurrence",
        "pattern",
        "range",
        "type",
        "singleValueExtendedProperties",
        "emailAddresses",
        "address",
        "members@delta",
        "businessPhones",
        "isOnlineMeeting",
        "attendees",
        "seriesMasterId",
        "parentFolderId",
        "@odata.type",
        "subject",
        "isAllDay",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(vec![200, 201, 204, 400, 403, 404, 410, 412, 429, 500, 503]).prop_map(Value::from),
        pieces().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(select(names.to_vec()), inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

fn scripts() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let status = select(vec![200, 200, 200, 200, 201, 204, 400, 403, 404, 410, 500, 503]);
    let body = prop_oneof![
        4 => answers().prop_map(|answer| answer.to_string().into_bytes()),
        4 => prop::collection::vec(answers(), 0..4).prop_map(|all| json!({ "value": all }).to_string().into_bytes()),
        4 => prop::collection::vec((1..4_u8, answers(), select(vec![200, 201, 404, 429, 503])), 0..4).prop_map(|all| {
            let parts = all.into_iter().map(|(id, body, status)| json!({ "id": id.to_string(), "status": status, "body": body }));
            json!({ "responses": parts.collect::<Vec<_>>() }).to_string().into_bytes()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ];
    prop::collection::vec((status, body), 1..4)
}

fn graph(address: &str) -> Graph {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Graph::new(Options {
        login: Arc::new(SignedIn),
        endpoints: Endpoints::new(address, address).unwrap(),
        clock: Arc::new(Passing::default()),
        new_id: Arc::new(|| Uuid::from_u64_pair(1, 1)),
        pace: Pace { timeout: Duration::from_secs(5), ..Pace::default() },
        if_match: true,
    })
    .unwrap()
}

/// Every reading there is, once; the errors in words.
async fn read_everything(graph: &Graph) -> Vec<String> {
    let reader = graph.reader(&TenantId::new("11111111-2222-4333-8444-555555555555").unwrap());
    let mailbox = MailboxId::new("87d349ed-44d7-43e1-9a83-5f2406dee5bd").unwrap();
    let mut said = Vec::new();
    for round in [
        reader.users_delta(None).await,
        reader.groups_delta(None).await,
        reader.org_contacts_delta(None).await,
    ] {
        said.extend(round.end.err().map(|error| error.to_string()));
    }
    for kind in [Kind::Contacts, Kind::Events] {
        let hub = HubId::new("company").unwrap();
        let place = Place { kind, mailbox: mailbox.clone(), folder: "AAMk=".to_owned(), hub };
        let ids = [ItemId::new("AAMk=").unwrap()];
        let reading = FolderReading { place: place.clone(), link: None };
        said.extend(
            reader.changes(vec![reading]).await.into_iter().filter_map(|read| Some(read.err()?.to_string())),
        );
        said.extend(
            reader.look(&place, &ids).await.into_iter().filter_map(|(_, read)| Some(read.err()?.to_string())),
        );
        said.extend(reader.tags(&place, Which::All).await.err().map(|error| error.to_string()));
        let keys = [SourceKey::of("directory", "x")];
        said.extend(reader.find(&place, &keys).await.err().map(|error| error.to_string()));
    }
    said
}

#[test]
fn answers_of_graph() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let script: Script = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = script.clone();
    std::thread::spawn(move || serve(&listener, &served));
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48);
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 50,
        ..ProptestConfig::with_cases(cases)
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&scripts(), |answers| {
        *script.lock().unwrap() = (answers, 0);
        let said = runtime.block_on(read_everything(&graph(&address)));
        let requests = script.lock().unwrap().1;
        prop_assert!(requests < MOST_REQUESTS, "{requests} requests");
        for said in said {
            prop_assert!(!said.contains(MARK), "{said}");
        }
        Ok(())
    });
    outcome.unwrap();
}
