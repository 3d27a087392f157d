//! The real binary, as a child process under the strict fake host.
//!
//! A function that is written is added to [`WRITTEN`] (and its own tests drive it further); one that is declared but not yet
//! written must be unknown to the binary, so that the list cannot be forgotten.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;

use std::path::Path;
use std::time::Duration;

use fake_host::answer::Verdict;
use fake_host::envelope::{self, Delivery, Form};
use fake_host::front::{Mode, send_on};
use fake_host::host::{FakeHost, Times};
use fake_host::package::{Function, Package, Trigger};
use fake_host::wire::{Call, Sent};
use fake_host::worker::{Launch, Program};
use serde_json::Value;

/// The functions that the binary has.
const WRITTEN: &[&str] = &[
    "api",
    "consent",
    "gather",
    "gather-poison",
    "health",
    "privacy",
    "privacy-poison",
    "purge",
    "rotate",
    "schedule",
    "sign-in",
    "sync-mailbox",
    "sync-mailbox-poison",
];

fn program(folder: &Path) -> Program {
    Program::new(env!("CARGO_BIN_EXE_wheelhouse"))
        .setting("WHEELHOUSE_PLATFORM", "embedded")
        .setting("WHEELHOUSE_DATA_FOLDER", folder.to_str().unwrap())
        .setting("WHEELHOUSE_IDENTITY", "developer")
        .setting("WHEELHOUSE_APP_CLIENT_ID", "7a1c9e50-3b64-4f0e-9d55-0c2f8f6b1a11")
}

fn package() -> Package {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Package::read(&root.join("host.json"), &root.join("function-defs"))
}

async fn host(folder: &Path) -> FakeHost {
    FakeHost::start(program(folder).launch(), Times::default()).await.unwrap()
}

/// Every form in which a function's trigger can come, with a message that no function can do anything with.
fn envelopes(function: &Function) -> Vec<Value> {
    let (name, binding) = (&function.name, &function.binding);
    match &function.trigger {
        Trigger::Http { .. } => Vec::new(),
        Trigger::Timer { .. } => vec![
            envelope::timer(name, binding, Some("2026-11-21T10:00:00.0001+00:00"), false),
            envelope::timer(name, binding, Some("0001-01-01T00:00:00+00:00"), true),
            envelope::timer(name, binding, None, false),
            envelope::timer_camel(name, binding),
            envelope::timer_retried(name, binding),
        ],
        Trigger::Queue { queue, .. } => [Form::Binary, Form::Text, Form::Docs]
            .map(|form| {
                let bytes = br#"{"v":4711,"dequeueCount":99}"#.to_vec();
                let delivery =
                    Delivery { queue: queue.clone(), id: "52d53c5f".to_owned(), bytes, dequeue_count: 1 };
                envelope::queue(name, binding, form, &delivery)
            })
            .to_vec(),
    }
}

#[tokio::test]
async fn every_written_function_answers_and_every_other_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    for function in package().functions {
        let is_written = WRITTEN.contains(&function.name.as_str());
        for envelope in envelopes(&function) {
            let verdict = host.invoke(&function.name, &envelope).await;
            let is_unknown = matches!(&verdict, Verdict::Failure(why) if why.starts_with("status 404"));
            assert_eq!(verdict.is_success(), is_written, "{}: {verdict:?}", function.name);
            assert_eq!(is_unknown, !is_written, "{}: {verdict:?}", function.name);
        }
    }
    assert_eq!((host.starts(), host.complaints()), (1, Vec::new()));
}

#[tokio::test]
async fn a_function_that_does_not_exist_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let verdict =
        host.invoke("no-such-function", &serde_json::json!({ "Data": { "m": "" }, "Metadata": {} })).await;
    assert_eq!(verdict, Verdict::Failure("status 404: body and logs unread".to_owned()));
}

#[tokio::test]
async fn health_answers_through_both_kinds_of_host() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    for mode in [Mode::Forwarding, Mode::Proxying] {
        let call = send_on(&package(), mode, &Call::new("GET", "/Health?code=key")).unwrap();
        // The host matches `/Health`, but passes on what the caller wrote.
        assert_eq!(host.http(&call).await.unwrap().status, 404);
        let call = send_on(&package(), mode, &Call::new("GET", "/health?code=key")).unwrap();
        let reply = host.http(&call).await.unwrap();
        assert_eq!((reply.status, &reply.json()["status"]), (200, &"ready".into()));
    }
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let call = Call::new("GET", "/health");
    let replies = futures::future::join_all((0..100).map(|_| host.http(&call)));
    let (replies, ping) = tokio::join!(replies, host.ping());
    assert!(replies.into_iter().all(|reply| reply.unwrap().status == 200));
    assert!(ping.unwrap() < Duration::from_secs(1));
    assert_eq!((host.starts(), host.complaints()), (1, Vec::new()));
}

#[tokio::test]
async fn a_killed_handler_is_started_again_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let call = Call::new("GET", "/health");
    let before = host.process_id().await.unwrap();
    let (_, ()) = tokio::join!(futures::future::join_all((0..20).map(|_| host.http(&call))), host.kill());
    assert_eq!(host.http(&call).await.unwrap().status, 200);
    assert_ne!(host.process_id().await.unwrap(), before);
    assert_eq!(host.starts(), 2);
}

#[tokio::test]
async fn the_log_is_json_on_standard_output_and_nothing_else_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let host =
        FakeHost::start(program(folder.path()).setting("RUST_LOG", "trace").launch(), Times::default());
    let host = host.await.unwrap();
    let envelope = serde_json::json!({ "Data": { "m": "\"a person's name\"" }, "Metadata": {} });
    host.invoke("no-such-function", &envelope).await;
    host.http(&Call::new("GET", "/health?code=a-person")).await.unwrap();
    let lines = host.into_lines().await;
    assert!(lines.iter().any(|line| line.text.contains("no-such-function")), "{lines:?}");
    for line in lines {
        assert!(!line.is_error, "{}", line.text);
        assert!(serde_json::from_str::<Value>(&line.text).is_ok(), "{}", line.text);
        assert!(!line.text.contains("person"), "{}", line.text);
    }
}

/// Starts a program that must end by itself; its code and its last line.
async fn ended(launch: Launch) -> (i32, Value) {
    let (code, lines) = tokio::task::spawn_blocking(move || launch().wait()).await.unwrap();
    (code, serde_json::from_str(&lines.last().unwrap().text).unwrap())
}

#[tokio::test]
async fn settings_that_are_wrong_end_it_with_an_error_that_names_them() {
    let bare = Program::new(env!("CARGO_BIN_EXE_wheelhouse")).setting("WHEELHOUSE_PLATTFORM", "azure");
    let (code, line) = ended(bare.launch()).await;
    assert_eq!((code, &line["level"], &line["message"]), (1, &"ERROR".into(), &"cannot go on".into()));
    insta::assert_snapshot!(line["error"].as_str().unwrap().replace("; ", "\n"), @r"
    WHEELHOUSE_PLATFORM is not set: set it to embedded or azure
    WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID is not set: copy it from the portal: 00000000-0000-…, 36 characters
    IDENTITY_ENDPOINT is not set: assign the managed identity to the app
    the platform sets it then
    IDENTITY_HEADER is not set: assign the managed identity to the app
    the platform sets it then
    WHEELHOUSE_APP_CLIENT_ID is not set: copy it from the portal: 00000000-0000-…, 36 characters
    WHEELHOUSE_PLATTFORM is not a setting here: mind the spelling, or remove it: it is unknown, or not used with the chosen platform or identity
    ");
}

#[tokio::test]
async fn settings_that_are_wrong_shut_the_host_down() {
    let bare = Program::new(env!("CARGO_BIN_EXE_wheelhouse"));
    let down = FakeHost::start(bare.launch(), Times::default()).await.err().unwrap();
    assert!(down.starts_with("Exceeded http worker restart retry count"));
}

#[tokio::test]
async fn a_taken_port_ends_it_with_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let (code, line) = ended(program(folder.path()).on_port(port).launch()).await;
    assert_eq!(code, 1);
    let wanted = format!("cannot listen on 127.0.0.1:{port}, the port in FUNCTIONS_CUSTOMHANDLER_PORT: ");
    assert!(line["error"].as_str().unwrap().starts_with(&wanted), "{line}");
}

#[tokio::test]
async fn the_port_is_open_on_the_one_address_that_the_host_calls() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let port = host.port().await.unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert!(std::net::TcpStream::connect(("127.0.0.2", port)).is_err(), "it listens on every address");
}

#[tokio::test]
async fn a_body_without_length_and_a_body_too_large_are_both_answered() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    for body in [Sent::Chunked(vec![b'x'; 3_000_000]), Sent::Sized(Vec::new())] {
        let reply = host.http(&Call::new("POST", "/nothing").body(body)).await;
        assert!(reply.is_err() || reply.unwrap().status == 404);
    }
    host.ping().await.unwrap();
    assert_eq!(host.starts(), 1);
}
