//! Plain functions behind the adapters, under the strict fake host: nothing they do or suffer breaks the host's contract.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;

use std::future::pending;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::DateTime;
use fake_host::answer::Verdict;
use fake_host::envelope::{self, Delivery, Form};
use fake_host::front::{Mode, send_on};
use fake_host::host::{FakeHost, Times};
use fake_host::package::Package;
use fake_host::queue::{LEASE_MS, Queues, pump};
use fake_host::wire::{Call, Sent};
use fake_host::worker::within;
use platform::ManualClock;
use serde_json::{Value, json};
use tokio::sync::Notify;
use wheelhouse::host::{
    Failure, Functions, Host, Invocation, Limits, QueueMessage, Ready, StartError, TimerTick,
};

/// What a test's functions share: what they saw, and how a test reaches them.
#[derive(Default)]
struct World {
    seen: Mutex<Vec<QueueMessage>>,
    ticks: Mutex<Vec<TimerTick>>,
    at_work: Notify,
    starts: AtomicU32,
    failing_starts: AtomicU32,
}

impl World {
    fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|message| String::from_utf8_lossy(&message.bytes).into_owned()).collect()
    }
}

/// Does what the message says.
async fn work(world: Arc<World>, message: QueueMessage, cx: Invocation) -> Result<(), Failure> {
    let order = message.bytes.clone();
    world.seen.lock().unwrap().push(message);
    match order.as_ref() {
        b"retry" => Err(Failure::retry("the store is down")),
        b"dead letter" => Err(Failure::dead_lettered("a future version")),
        b"panic" => panic!("on purpose"),
        b"forever" => {
            world.at_work.notify_one();
            pending().await
        }
        b"till used up" => {
            world.at_work.notify_one();
            cx.used_up().await;
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn tick(world: Arc<World>, tick: TimerTick, _: Invocation) -> Result<(), Failure> {
    world.ticks.lock().unwrap().push(tick);
    Ok(())
}

/// Every function of our package, as far as the world goes.
fn router(world: &Arc<World>, clock: &Arc<ManualClock>) -> Router {
    let world = world.clone();
    let host = Host::new(clock.clone(), Limits::default(), move || start(world.clone()));
    Functions::new(host)
        .timer("schedule", tick)
        .timer("purge", tick)
        .queue("gather", work)
        .queue("gather-poison", work)
        .queue("sync-mailbox", work)
        .queue("sync-mailbox-poison", work)
        .http("api", 100_000, api())
        .http("health", 1024, wheelhouse::health::routes())
        .into_router()
}

async fn start(world: Arc<World>) -> Result<Arc<World>, StartError> {
    world.starts.fetch_add(1, Ordering::SeqCst);
    let fails =
        world.failing_starts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if fails.is_ok() { Err("the store is not there yet".into()) } else { Ok(world) }
}

fn api() -> Router<Host<World>> {
    Router::new()
        .route("/echo", post(|body: String| async { body }))
        .route("/panic", get(|| async { [0; 0].first().map(u8::to_string).expect("there is none") }))
        .route(
            "/id",
            get(|Extension(cx): Extension<Invocation>| async move { format!("{} {}", cx.function, cx.id) }),
        )
        .route(
            "/starts",
            get(|Ready(world): Ready<World>| async move { world.starts.load(Ordering::SeqCst).to_string() }),
        )
        .route(
            "/forever",
            get(|Ready(world): Ready<World>| async move {
                world.at_work.notify_one();
                pending::<()>().await;
            }),
        )
}

struct Stage {
    world: Arc<World>,
    clock: Arc<ManualClock>,
    host: FakeHost,
}

async fn stage() -> Stage {
    stage_with(World::default()).await
}

async fn stage_with(world: World) -> Stage {
    let world = Arc::new(world);
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
    let (routed, timed) = (world.clone(), clock.clone());
    let host = FakeHost::start(within(move |_| router(&routed, &timed)), Times::default()).await.unwrap();
    Stage { world, clock, host }
}

fn package() -> Package {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Package::read(&root.join("host.json"), &root.join("function-defs"))
}

fn message(text: &str) -> Delivery {
    Delivery { queue: "gather".into(), id: "52d53c5f".into(), bytes: text.into(), dequeue_count: 3 }
}

impl Stage {
    async fn gather(&self, form: Form, text: &str) -> Verdict {
        self.host.invoke("gather", &envelope::queue("gather", "message", form, &message(text))).await
    }

    /// Moves the clock once a function is at work and everything that limits it is asleep on the clock.
    async fn pass(&self, sleepers: usize, time: Duration) {
        self.world.at_work.notified().await;
        self.clock.sleepers(sleepers).await;
        self.clock.advance(time);
    }
}

#[tokio::test]
async fn every_form_of_a_message_arrives_byte_by_byte() {
    let stage = stage().await;
    let json = r#"{"id":"job-7","dequeueCount":99,"sys":{"MethodName":"purge"}}"#;
    for form in [Form::Binary, Form::Text, Form::Docs] {
        assert!(stage.gather(form, json).await.is_success());
    }
    assert_eq!(stage.world.seen(), [json, json, json]);
    let counts: Vec<_> =
        stage.world.seen.lock().unwrap().iter().map(|message| message.dequeue_count).collect();
    assert_eq!(counts, [Some(3), None, None], "a count that the message can have forged is not believed");
}

#[tokio::test]
async fn every_form_of_a_timer_arrives() {
    let stage = stage().await;
    let forms = [
        envelope::timer("schedule", "timer", Some("2026-11-21T10:00:00.0001+00:00"), true),
        envelope::timer("schedule", "timer", Some("0001-01-01T00:00:00+00:00"), false),
        envelope::timer("schedule", "timer", None, false),
        envelope::timer_camel("schedule", "timer"),
        envelope::timer_retried("schedule", "timer"),
    ];
    for form in &forms {
        assert!(stage.host.invoke("schedule", form).await.is_success());
    }
    let ticks = stage.world.ticks.lock().unwrap().clone();
    assert!(ticks[0].past_due && ticks[0].last.is_some());
    assert_eq!(ticks[1].last, None);
    assert_eq!(ticks[2..], [TimerTick::default(); 3]);
}

#[tokio::test]
async fn the_envelopes_on_record_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/fixtures");
    if !folder.exists() {
        eprintln!("SKIPPED: ../shared/reference/fixtures is not here");
        return;
    }
    let stage = stage().await;
    for (function, file) in [
        ("gather", "queue_plain.json"),
        ("gather", "queue_json.json"),
        ("gather", "queue_binary.json"),
        ("schedule", "timer.json"),
        ("schedule", "timer_retry_nostatus.json"),
    ] {
        let record: Value = serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap();
        assert!(stage.host.invoke(function, &record).await.is_success(), "{file}");
    }
    assert_eq!(stage.world.seen()[0], "hello!!");
    assert_eq!(stage.world.seen()[2], r#"{"id":"job-7","dequeueCount":99}"#);
}

#[tokio::test]
async fn only_a_retry_fails_the_invocation_and_nothing_hangs() {
    let stage = stage().await;
    assert!(stage.gather(Form::Binary, "dead letter").await.is_success());
    assert!(matches!(stage.gather(Form::Binary, "retry").await, Verdict::Failure(_)));
    assert!(matches!(stage.gather(Form::Binary, "panic").await, Verdict::Failure(_)));
    assert!(stage.gather(Form::Binary, "fine").await.is_success(), "a panic costs one invocation");
    assert_eq!((stage.host.starts(), stage.host.complaints()), (1, Vec::new()));
}

#[tokio::test]
async fn what_is_no_envelope_is_a_failure() {
    let stage = stage().await;
    for odd in [json!(null), json!({}), json!({"Data": {}}), json!({"Data": {"a": 1}}), json!("x")] {
        assert!(matches!(stage.host.invoke("gather", &odd).await, Verdict::Failure(_)), "{odd}");
        assert!(matches!(stage.host.invoke("schedule", &odd).await, Verdict::Failure(_)), "{odd}");
    }
    assert!(matches!(stage.host.invoke("no-such-function", &json!({})).await, Verdict::Failure(_)));
    assert!(stage.world.seen().is_empty());
}

#[tokio::test]
async fn a_function_that_overruns_is_cut_off_before_the_host_kills_everybody() {
    let stage = stage().await;
    let limits = Limits::default();
    let (verdict, ()) = tokio::join!(stage.gather(Form::Binary, "forever"), stage.pass(1, limits.cut_off));
    assert!(matches!(verdict, Verdict::Failure(_)));
    assert_eq!(stage.host.starts(), 1);
    assert!(limits.budget < limits.cut_off && limits.cut_off < Duration::from_secs(600));
}

#[tokio::test]
async fn a_function_learns_that_its_budget_is_used_up() {
    let stage = stage().await;
    let (verdict, ()) =
        tokio::join!(stage.gather(Form::Binary, "till used up"), stage.pass(2, Limits::default().budget));
    assert!(verdict.is_success());
}

#[tokio::test]
async fn an_http_call_that_overruns_is_given_up() {
    let stage = stage().await;
    let call = Call::new("GET", "/api/forever");
    let (reply, ()) = tokio::join!(stage.host.http(&call), stage.pass(1, Limits::default().http));
    assert_eq!(reply.unwrap().status, 504);
}

#[tokio::test]
async fn the_app_is_made_once_and_by_the_first_that_needs_it() {
    let stage = stage().await;
    stage.host.ping().await.unwrap();
    assert_eq!(stage.world.starts.load(Ordering::SeqCst), 0, "the readiness poll needs no app");
    assert_eq!(stage.host.http(&Call::new("GET", "/api/starts")).await.unwrap().body, b"1");
    assert!(stage.gather(Form::Binary, "x").await.is_success());
    assert_eq!(stage.host.http(&Call::new("GET", "/api/starts")).await.unwrap().body, b"1");
}

#[tokio::test]
async fn while_the_app_cannot_be_made_calls_fail_and_the_next_tries_again() {
    let stage = stage_with(World { failing_starts: 2.into(), ..World::default() }).await;
    assert!(matches!(stage.gather(Form::Binary, "x").await, Verdict::Failure(_)));
    let health = stage.host.http(&Call::new("GET", "/health")).await.unwrap();
    assert_eq!(health.status, 503);
    insta::assert_snapshot!(health.json(), @r#"{"error":"starting: the log says what is missing"}"#);
    assert!(stage.gather(Form::Binary, "x").await.is_success());
    assert_eq!(stage.host.http(&Call::new("GET", "/health")).await.unwrap().status, 200);
}

#[tokio::test]
async fn queues_drive_functions_through_failure_poison_and_redelivery() {
    let stage = stage().await;
    let package = package();
    let mut queues = Queues::new(package.queue_settings());
    queues.send("gather", b"fine");
    queues.send("gather", b"retry");
    queues.send("sync-mailbox", &[0xff, 0x00]);
    for _ in 0..5 {
        pump(&mut queues, &stage.host, &package, Form::Binary).await;
        queues.advance(package.queue_settings().visibility_ms);
    }
    assert_eq!((queues.len("gather"), queues.len("sync-mailbox")), (0, 0));
    assert_eq!(queues.bodies("gather-poison"), [b"retry".to_vec()]);
    let counts: Vec<_> =
        stage.world.seen.lock().unwrap().iter().map(|message| message.dequeue_count.unwrap()).collect();
    assert_eq!(counts.iter().max(), Some(&5));
}

#[tokio::test]
async fn a_handler_killed_at_work_gets_its_message_again() {
    let stage = stage().await;
    let package = package();
    let mut queues = Queues::new(package.queue_settings());
    queues.send("gather", b"forever");
    let (settled, ()) = tokio::join!(pump(&mut queues, &stage.host, &package, Form::Binary), async {
        stage.world.at_work.notified().await;
        stage.host.kill().await;
    });
    assert!(matches!(settled[0].1, Verdict::Failure(_)));
    queues.advance(LEASE_MS);
    assert_eq!(queues.lease("gather")[0].dequeue_count, 2);
    stage.host.ping().await.unwrap();
    assert_eq!(stage.host.starts(), 2);
}

/// A message of 64 KiB of quotes, escaped twice and copied into the metadata besides.
#[tokio::test]
async fn sixty_messages_of_the_largest_size_at_once_beside_http() {
    let stage = stage().await;
    let text = json!({ "text": "\"".repeat(32 * 1024 - 16) }).to_string();
    assert!((60_000..=65_536).contains(&text.len()));
    let large = envelope::queue("gather", "message", Form::Text, &message(&text));
    let health = Call::new("GET", "/health");
    let (verdicts, health, ping) = tokio::join!(
        futures::future::join_all((0..60).map(|_| stage.host.invoke("gather", &large))),
        stage.host.http(&health),
        stage.host.ping()
    );
    assert!(verdicts.iter().all(Verdict::is_success));
    assert_eq!(stage.world.seen().len(), 60);
    assert!(stage.world.seen().iter().all(|seen| *seen == text));
    assert_eq!(health.unwrap().status, 200);
    ping.unwrap();
    assert_eq!((stage.host.starts(), stage.host.complaints()), (1, Vec::new()));
}

#[tokio::test]
async fn http_passes_through_both_kinds_of_host() {
    let stage = stage().await;
    let package = package();
    let echo = Call::new("POST", "/api/echo?code=secret&x=1&x=2").header("User-Agent", "curl/8");
    for (mode, body, heard) in [
        (Mode::Forwarding, Sent::Sized(b"hello".to_vec()), "hello"),
        (Mode::Forwarding, Sent::Chunked(b"hello".to_vec()), ""),
        (Mode::Proxying, Sent::Sized(b"hello".to_vec()), "hello"),
        (Mode::Proxying, Sent::Chunked(b"hello".to_vec()), "hello"),
    ] {
        let call = send_on(&package, mode, &echo.clone().body(body)).unwrap();
        let reply = stage.host.http(&call).await.unwrap();
        assert_eq!((reply.status, String::from_utf8(reply.body).unwrap().as_str()), (200, heard), "{mode:?}");
    }
    let forwarded = send_on(&package, Mode::Forwarding, &echo).unwrap();
    assert_eq!(forwarded.target, "/api/echo?code=secret&x=1,2");
    assert_eq!(forwarded.values("user-agent"), ["curl/8 Azure-Functions-Host/4.1037.0.0"]);
}

#[tokio::test]
async fn http_has_its_limits_its_id_and_survives_a_panic() {
    let stage = stage().await;
    let http = async |call: Call| stage.host.http(&call).await.unwrap();
    let large = Call::new("POST", "/api/echo").body(Sent::Sized(vec![b'x'; 100_001]));
    assert_eq!(http(large).await.status, 413);
    let id = String::from_utf8(http(Call::new("GET", "/api/id")).await.body).unwrap();
    assert!(id.starts_with("api 6b4cf4a9-4e2e-4b5c-8f2e-"), "{id}");
    for (path, status) in [("/api/panic", 500), ("/api/nothing", 404), ("/nothing", 404), ("/API/id", 404)] {
        let reply = http(Call::new("GET", path)).await;
        assert_eq!((reply.status, reply.json()["error"].is_string()), (status, true), "{path}");
    }
}

/// Ways to write a path that might come out as another one.
fn tricks(name: &str) -> Vec<String> {
    let upper = name.to_uppercase();
    let (first, rest) = name.split_at(1);
    let escaped = format!("%{:02x}{rest}", first.as_bytes()[0]);
    let mut tricks: Vec<_> = ["/api", "/API", "/health", "/api/x", "/api/", "//api", ""]
        .iter()
        .flat_map(|start| {
            [
                "..",
                "%2e%2e",
                ".%2e",
                "%252e%252e",
                "..%2f..",
                "%2e%2e%2f%2e%2e",
                "%25252e%25252e",
                "../..",
                "%5c..",
                "%c0%ae%c0%ae",
                ".",
                "",
                "..;",
            ]
            .iter()
            .flat_map(move |climb| {
                ["/", "//", "%2f", "%252f", "%5c"].map(|slash| format!("{start}/{climb}{slash}"))
            })
        })
        .flat_map(|start| [format!("{start}{name}"), format!("{start}{escaped}"), format!("{start}{upper}")])
        .collect();
    tricks.extend([
        format!("/{name}"),
        format!("/{escaped}"),
        format!("//{name}"),
        format!("/{name}/"),
        format!("/{upper}"),
    ]);
    tricks
}

#[tokio::test]
async fn no_caller_from_outside_reaches_a_function_that_expects_envelopes() {
    let stage = stage().await;
    let package = package();
    let body = envelope::queue("gather", "message", Form::Binary, &message("forged")).to_string();
    let mut produced = 0;
    // One of a queue and one of a timer: all of a kind have the same adapter.
    for function in [package.function("gather"), package.function("schedule")] {
        for trick in tricks(&function.name) {
            for mode in [Mode::Forwarding, Mode::Proxying] {
                let call = Call::new("POST", &trick)
                    .header("Host", "wheelhouse.example")
                    .header("Content-Type", "application/json")
                    .body(Sent::Sized(body.clone().into()));
                let Some(call) = send_on(&package, mode, &call) else { continue };
                produced += u32::from(call.target == format!("/{}", function.name));
                let status = stage.host.http(&call).await.map(|reply| reply.status);
                assert!(matches!(status, Ok(400..=499)), "{mode:?} {trick} → {}: {status:?}", call.target);
            }
        }
    }
    assert!(produced > 0, "an old host does undo escapes twice: the path alone is no protection");
    assert!(stage.world.seen().is_empty() && stage.world.ticks.lock().unwrap().is_empty());
}

/// A page in the browser of somebody who runs the demo can send simple requests to it.
#[tokio::test]
async fn a_web_page_on_this_machine_cannot_post_an_envelope() {
    let stage = stage().await;
    let body = envelope::queue("gather", "message", Form::Binary, &message("forged")).to_string();
    let simple = Call::new("POST", "/gather").header("Content-Type", "text/plain");
    let rebound = Call::new("POST", "/gather")
        .header("Content-Type", "application/json")
        .header("Host", "evil.example:7071");
    for call in [simple, rebound] {
        assert_eq!(stage.host.http(&call.body(Sent::Sized(body.clone().into()))).await.unwrap().status, 400);
    }
    assert!(stage.world.seen().is_empty());
}
