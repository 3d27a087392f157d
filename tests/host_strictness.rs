//! The fake host must catch every handler that the real one would suffer from: here are the bad ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;

use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fake_host::answer::Verdict;
use fake_host::envelope::{self, Delivery, Form};
use fake_host::host::{AfterExit0, FakeHost, Times};
use fake_host::outputs::messages;
use fake_host::queue::{LEASE_MS, QueueSettings, Queues};
use fake_host::wire::Call;
use fake_host::worker::{Launch, Program, within};
use serde_json::{Value, json};
use tokio::sync::Notify;

const QUICK: Times = Times { initialization: 2_000, function: 2_000, slow_ping: 50 };

/// A handler whose function `f` always answers the same.
fn answering(answer: fn() -> Response) -> Launch {
    within(move |_| alive().route("/f", post(move || async move { answer() })))
}

fn alive() -> Router {
    Router::new().route("/", get(|| async { "alive" }))
}

async fn verdict(answer: fn() -> Response) -> Verdict {
    FakeHost::start(answering(answer), QUICK).await.unwrap().invoke("f", &some_message()).await
}

fn some_message() -> Value {
    let delivery = Delivery { queue: "q".into(), id: "1".into(), bytes: b"hello".to_vec(), dequeue_count: 1 };
    envelope::queue("f", "message", Form::Binary, &delivery)
}

fn with_type(kind: &'static str, body: &'static str) -> Response {
    ([("content-type", kind)], body).into_response()
}

#[tokio::test]
async fn an_empty_or_null_body_is_a_hang() {
    let hangs: [fn() -> Response; 4] = [
        || StatusCode::OK.into_response(),
        || StatusCode::NO_CONTENT.into_response(),
        || with_type("application/json", ""),
        || with_type("application/json", "null"),
    ];
    for hang in hangs {
        assert!(matches!(verdict(hang).await, Verdict::Hang(_)));
    }
}

#[tokio::test]
async fn what_is_not_a_json_object_is_a_failure() {
    let failures: [fn() -> Response; 9] = [
        || with_type("text/plain", "{}"),
        || "{}".into_response(),
        || Response::new("{}".into()),
        || with_type("application/json", "done"),
        || with_type("application/json", "[]"),
        || with_type("application/json", r#"{"Outputs":[]}"#),
        || with_type("application/json", r#"{"Logs":"text"}"#),
        || (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(json!({}))).into_response(),
        || (StatusCode::FOUND, [("location", "/f")], "{}").into_response(),
    ];
    for failure in failures {
        assert!(matches!(verdict(failure).await, Verdict::Failure(_)));
    }
}

#[tokio::test]
async fn property_names_are_read_in_any_case() {
    let answer = || with_type("text/json; charset=utf-8", r#"{"outputs":{"q":["a"]},"LOGS":["l"],"x":1}"#);
    let Verdict::Success(result) = verdict(answer).await else { panic!() };
    assert_eq!((&result.outputs["q"], result.logs), (&json!(["a"]), vec!["l".to_owned()]));
}

#[test]
fn outputs_become_what_the_host_makes_of_them() {
    let sent = |output: Value| {
        messages(&output, false)
            .map(|all| all.into_iter().map(|one| String::from_utf8(one).unwrap()).collect::<Vec<_>>())
    };
    assert_eq!(sent(json!(["a", "{\"x\":1}", "test"])).unwrap(), ["a", "{\"x\":1}", "test"]);
    assert!(sent(json!([])).unwrap().is_empty());
    assert_eq!(sent(json!([{"x": 1}])).unwrap(), ["{\n  \"x\": 1\n}"]);
    assert_eq!(sent(json!({"x": 1})).unwrap(), ["{\n  \"x\": 1\n}"]);
    assert_eq!(sent(json!([null])).unwrap(), [""]);
    assert_eq!(sent(json!("plain")).unwrap(), ["plain"]);
    assert_eq!(sent(json!("[1,2]")).unwrap(), ["1", "2"]);
    assert!(sent(json!("[draft] note [x]")).is_err());
    assert!(sent(json!("2026-11-21T10:00:00Z")).is_err());
    assert!(sent(json!(["2026-11-21T10:00:00Z"])).is_err());
}

#[test]
fn a_lone_text_that_is_base64_is_not_sent_as_it_is() {
    assert_eq!(messages(&json!("test"), false).unwrap(), [vec![0xb5, 0xeb, 0x2d]]);
    assert_eq!(messages(&json!("test"), true).unwrap(), [b"test".to_vec()]);
}

#[tokio::test]
async fn a_slow_readiness_answer_is_complained_of() {
    let slow = within(|_| {
        Router::new().route("/", get(|| async { tokio::time::sleep(Duration::from_millis(80)).await }))
    });
    let host = FakeHost::start(slow, QUICK).await.unwrap();
    host.ping().await.unwrap();
    assert!(host.complaints()[0].starts_with("slow: / took "), "{:?}", host.complaints());
}

#[tokio::test]
async fn a_port_that_never_answers_shuts_the_host_down() {
    let deaf = within(|_| Router::new().route("/", get(|| async { pending::<()>().await })));
    let times = Times { initialization: 60, ..QUICK };
    let down = FakeHost::start(deaf, times).await.err().unwrap();
    assert!(down.starts_with("Exceeded http worker restart retry count"));
}

#[tokio::test]
async fn a_program_that_ends_at_once_shuts_the_host_down() {
    for code in ["exit 7", "exit 0"] {
        let program = Program::new("/bin/sh").argument("-c").argument(code).launch();
        assert!(FakeHost::start(program, QUICK).await.err().unwrap().starts_with("Exceeded"));
    }
}

/// A handler that ends with a code as soon as its function is called.
fn ending(code: i32) -> Launch {
    within(move |exit| {
        let end = move || {
            let exit = exit.clone();
            async move {
                *exit.lock().unwrap() = Some(code);
                axum::Json(json!({}))
            }
        };
        alive().route("/f", post(end))
    })
}

#[tokio::test]
async fn after_exit_0_an_old_host_is_dead_and_a_new_one_starts_again() {
    for (after, starts, is_success) in [(AfterExit0::Nothing, 1, false), (AfterExit0::Restart, 2, true)] {
        let host = FakeHost::start_as(ending(0), QUICK, after).await.unwrap();
        assert!(host.invoke("f", &some_message()).await.is_success());
        assert_eq!(host.invoke("f", &some_message()).await.is_success(), is_success);
        assert_eq!(host.starts(), starts);
    }
}

#[tokio::test]
async fn three_crashes_and_the_host_gives_up() {
    let host = FakeHost::start(ending(101), QUICK).await.unwrap();
    for _ in 0..3 {
        assert!(host.invoke("f", &some_message()).await.is_success());
    }
    let Verdict::Failure(down) = host.invoke("f", &some_message()).await else { panic!() };
    assert!(down.starts_with("Exceeded"));
    assert_eq!(host.starts(), 3);
}

#[tokio::test]
async fn one_call_that_runs_too_long_costs_all_the_others() {
    let stuck = within(|_| alive().route("/f", post(|| async { pending::<()>().await })));
    let host = FakeHost::start(stuck, QUICK).await.unwrap();
    let message = some_message();
    let (long, other) =
        tokio::join!(host.invoke_within("f", &message, 200), host.invoke_within("f", &message, 20_000));
    assert!(matches!(long, Verdict::Hang(_)));
    assert!(matches!(&other, Verdict::Failure(why) if why.contains("broken off")), "{other:?}");
    host.http(&Call::new("GET", "/")).await.unwrap();
    assert_eq!(host.starts(), 2, "the host starts it anew");
}

#[tokio::test]
async fn a_kill_in_mid_invocation_fails_it() {
    let reached = Arc::new(Notify::new());
    let signal = reached.clone();
    let stuck = within(move |_| {
        let signal = signal.clone();
        alive().route(
            "/f",
            post(async move || {
                signal.notify_one();
                pending::<()>().await;
            }),
        )
    });
    let host = FakeHost::start(stuck, QUICK).await.unwrap();
    let message = some_message();
    let (verdict, ()) = tokio::join!(host.invoke("f", &message), async {
        reached.notified().await;
        host.kill().await;
    });
    assert!(matches!(verdict, Verdict::Failure(_)));
}

const SETTINGS: QueueSettings = QueueSettings { max_dequeue_count: 5, visibility_ms: 30_000, batch: 2 };

fn failed() -> Verdict {
    Verdict::Failure("500".to_owned())
}

#[test]
fn a_failed_message_comes_back_later_and_at_last_is_poison() {
    let mut queues = Queues::new(SETTINGS);
    queues.send("gather", b"x");
    for attempt in 1..=5 {
        let leased = queues.lease("gather");
        assert_eq!(leased[0].dequeue_count, attempt);
        queues.settle(&leased[0], &failed());
        assert!(queues.lease("gather").is_empty(), "out of sight for a while");
        queues.advance(SETTINGS.visibility_ms);
    }
    assert_eq!((queues.len("gather"), queues.bodies("gather-poison")), (0, vec![b"x".to_vec()]));
}

#[test]
fn a_message_whose_host_dies_every_time_is_poison_without_a_last_call() {
    let mut queues = Queues::new(SETTINGS);
    queues.send("gather", b"x");
    for _ in 1..=5 {
        assert_eq!(queues.lease("gather").len(), 1);
        queues.advance(LEASE_MS);
    }
    assert!(queues.lease("gather").is_empty());
    assert_eq!(queues.len("gather-poison"), 1);
}

#[test]
fn poison_that_fails_is_neither_released_nor_poisoned_again() {
    let mut queues = Queues::new(SETTINGS);
    queues.send("gather-poison", b"x");
    for _ in 1..=5 {
        let leased = queues.lease("gather-poison");
        queues.settle(&leased[0], &failed());
        queues.advance(SETTINGS.visibility_ms);
    }
    assert!(queues.lease("gather-poison").is_empty());
    assert_eq!((queues.len("gather-poison"), queues.len("gather-poison-poison")), (1, 0));
}

#[test]
fn what_succeeded_may_still_come_twice() {
    let mut queues = Queues::new(SETTINGS);
    queues.send("gather", b"x");
    let first = queues.lease("gather").remove(0);
    queues.hand_out_again(&first);
    let second = queues.lease("gather").remove(0);
    assert_eq!((second.id, second.dequeue_count), (first.id, 2));
}

#[test]
fn a_batch_is_no_larger_than_set() {
    let mut queues = Queues::new(SETTINGS);
    (0..3).for_each(|_| queues.send("gather", b"x"));
    assert_eq!((queues.lease("gather").len(), queues.lease("gather").len()), (2, 1));
}

/// The envelopes built here against those on record, where they are at hand.
#[test]
fn envelopes_are_those_on_record() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/fixtures");
    if !folder.exists() {
        eprintln!("SKIPPED: ../shared/reference/fixtures is not here");
        return;
    }
    let text = r#"{"id":"job-7","kind":"resize","n":3,"dequeueCount":99,"opt":{"a":1},"list":[1]}"#;
    let cases = [
        ("queue_plain.json", Form::Text, "hello!!"),
        ("queue_json.json", Form::Text, text),
        ("queue_binary.json", Form::Binary, r#"{"id":"job-7","dequeueCount":99}"#),
    ];
    for (file, form, message) in cases {
        let record: Value = serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap();
        let id = "52d53c5f-e212-487e-998b-abbe3b9d51e4".to_owned();
        let delivery = Delivery { queue: "q".into(), id, bytes: message.into(), dequeue_count: 1 };
        let mut built = envelope::queue("process", "msg", form, &delivery);
        built["Metadata"]["PopReceipt"] = record["Metadata"]["PopReceipt"].clone();
        assert_eq!(built, record, "{file}");
    }
}
