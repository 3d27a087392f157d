//! The local host posts what the real one posts, and judges answers as strictly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use platform::{
    Clock, Kind, ManualClock, Queue, SeededRandom,
    embedded::{
        Database, SqliteQueue,
        host::{Definition, Host, Settings, Setup, Trigger, read_definitions},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

/// A call that the handler got.
struct Call {
    function: String,
    headers: HeaderMap,
    envelope: Value,
    at: DateTime<Utc>,
}

impl Call {
    fn message(&self) -> String {
        String::from_utf8(STANDARD.decode(self.envelope["Data"]["message"].as_str().unwrap()).unwrap())
            .unwrap()
    }
}

type Answer = Arc<dyn Fn(&str, Value) -> BoxFuture<'static, Response> + Send + Sync>;

#[derive(Clone)]
struct Handler {
    calls: mpsc::UnboundedSender<Call>,
    clock: Arc<ManualClock>,
    answer: Answer,
}

async fn called(
    State(handler): State<Handler>,
    Path(function): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let envelope: Value = serde_json::from_slice(&body).unwrap();
    let answer = (handler.answer)(&function, envelope.clone());
    let call = Call { function, headers, envelope, at: handler.clock.now() };
    handler.calls.send(call).unwrap();
    answer.await
}

fn ok() -> Response {
    json_body("{}")
}

fn json_body(body: &'static str) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Answers every call the same way.
fn always(answer: fn() -> Response) -> Answer {
    Arc::new(move |_, _| Box::pin(async move { answer() }))
}

struct World {
    _folder: TempDir,
    clock: Arc<ManualClock>,
    queue: SqliteQueue,
    host: Option<Host>,
    calls: mpsc::UnboundedReceiver<Call>,
    server: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn definitions() -> Vec<Definition> {
    let queue = |name: &str| {
        let text = json!({ "bindings": [{ "type": "queueTrigger", "name": "message", "direction": "in",
            "queueName": name, "connection": "Data", "dataType": "binary" }] });
        Definition::from_json(name, &text.to_string()).unwrap()
    };
    let timer = |name: &str, schedule: &str, monitored: bool| {
        let text = json!({ "bindings": [{ "type": "timerTrigger", "name": "timer", "direction": "in",
            "schedule": schedule, "useMonitor": monitored }] });
        Definition::from_json(name, &text.to_string()).unwrap()
    };
    vec![
        queue("gather"),
        queue("sync"),
        queue("sync-poison"),
        timer("schedule", "0 */5 * * * *", true),
        timer("tick", "0 * * * * *", false),
    ]
}

fn settings() -> Settings {
    Settings {
        batch_size: 4,
        new_batch_threshold: 2,
        max_dequeue_count: 3,
        visibility_timeout: Duration::from_secs(30),
        function_timeout: Duration::from_secs(12 * 60),
    }
}

impl World {
    async fn new(answer: Answer) -> Self {
        Self::start(answer, false, async |_, _| {}).await
    }

    /// Starts the host on a queue that something was done to before.
    async fn start(
        answer: Answer,
        timers_run: bool,
        before: impl AsyncFnOnce(&SqliteQueue, &ManualClock),
    ) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::at("2026-11-21T10:00:00Z".parse().unwrap()));
        let queue = Database::open(folder.path().join("w.db"), clock.clone()).await.unwrap().queue();
        before(&queue, &clock).await;
        let (sender, calls) = mpsc::unbounded_channel();
        let handler = Handler { calls: sender, clock: clock.clone(), answer };
        let router = Router::new()
            .route("/", get(|| async { StatusCode::NOT_FOUND }))
            .route("/{function}", post(called));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server =
            tokio::spawn(async move { axum::serve(listener, router.with_state(handler)).await.unwrap() });
        let host = Host::start(Setup {
            definitions: definitions(),
            settings: settings(),
            queue: queue.clone(),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            port,
            timers_run,
        });
        let host = Some(host.await.unwrap());
        Self { _folder: folder, clock, queue, host, calls, server }
    }

    fn host(&self) -> &Host {
        self.host.as_ref().unwrap()
    }

    async fn send(&self, queue: &str, text: &str) {
        self.queue.send(queue, Bytes::from(text.to_owned()), Duration::ZERO).await.unwrap();
    }

    /// The next call; the clock is moved second by second until it comes.
    async fn next_call(&mut self) -> Call {
        for _ in 0..10_000 {
            match tokio::time::timeout(Duration::from_millis(2), self.calls.recv()).await {
                Ok(call) => return call.unwrap(),
                Err(_) => self.clock.advance(Duration::from_secs(1)),
            }
        }
        panic!("no call came");
    }

    /// Drains, while the clock is moved on for what is hidden or delayed.
    async fn drained(&self) {
        let drain = self.host().drain(Duration::from_secs(100_000));
        let mut drain = std::pin::pin!(drain);
        loop {
            match tokio::time::timeout(Duration::from_millis(2), &mut drain).await {
                Ok(drained) => return drained.unwrap(),
                Err(_) => self.clock.advance(Duration::from_secs(1)),
            }
        }
    }
}

#[tokio::test]
async fn a_message_is_posted_as_the_real_host_does() {
    let mut world = World::new(always(ok)).await;
    world.send("gather", r#"{"id":"job-7","dequeueCount":99}"#).await;
    let call = world.calls.recv().await.unwrap();
    let mut envelope = call.envelope.clone();
    envelope["Metadata"]["sys"]["RandGuid"] = "…".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&envelope).unwrap(), @r#"
    {
      "Data": {
        "message": "eyJpZCI6ImpvYi03IiwiZGVxdWV1ZUNvdW50Ijo5OX0="
      },
      "Metadata": {
        "DequeueCount": "1",
        "ExpirationTime": "2026-11-28T10:00:00+00:00",
        "Id": "\"1\"",
        "InsertionTime": "2026-11-21T10:00:00+00:00",
        "NextVisibleTime": "2026-11-21T10:10:00+00:00",
        "PopReceipt": "\"1\"",
        "sys": {
          "MethodName": "gather",
          "RandGuid": "…",
          "UtcNow": "2026-11-21T10:00:00.000000Z"
        }
      }
    }
    "#);
    let mut headers: Vec<_> = call.headers.keys().map(|name| name.as_str()).collect();
    headers.sort_unstable();
    insta::assert_snapshot!(headers.join(" "), @"accept content-type host traceparent transfer-encoding user-agent x-azure-functions-hostversion x-azure-functions-invocationid");
    assert_eq!(call.headers["transfer-encoding"], "chunked");
    assert_eq!(call.headers[CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(call.function, "gather");
    world.drained().await;
    assert_eq!(world.queue.len("gather").await.unwrap(), 0);
}

#[tokio::test]
async fn envelopes_have_the_shape_of_the_recorded_ones() {
    let fixture = |name: &str| {
        let path = format!("{}/../../shared/reference/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).ok().map(|text| serde_json::from_str::<Value>(&text).unwrap())
    };
    let (Some(queue), Some(timer)) = (fixture("queue_binary.json"), fixture("timer.json")) else {
        eprintln!("SKIPPED: ../shared/reference/fixtures is absent");
        return;
    };
    let mut world = World::new(always(ok)).await;
    world.send("gather", r#"{"id":"job-7","dequeueCount":99}"#).await;
    let call = world.next_call().await;
    assert_eq!(call.envelope["Data"]["message"], queue["Data"]["msg"]);
    assert_eq!(shape(&call.envelope["Metadata"]), shape(&queue["Metadata"]));
    world.host().fire("schedule").await.unwrap();
    let call = world.next_call().await;
    assert_eq!(shape(&call.envelope), shape(&timer));
}

/// The names and types of a JSON value, with texts that hold JSON or a date told apart.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::String(text) if text.starts_with('"') => "quoted text".into(),
        Value::String(text) if DateTime::parse_from_rfc3339(text).is_ok() => "date".into(),
        Value::String(_) => "text".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn a_failing_message_is_retried_and_then_poisoned() {
    let answer = |function: &str, _| -> BoxFuture<'static, Response> {
        let fails = function == "sync";
        Box::pin(async move { if fails { StatusCode::INTERNAL_SERVER_ERROR.into_response() } else { ok() } })
    };
    let mut world = World::new(Arc::new(answer)).await;
    world.send("sync", "bad").await;
    let mut times = Vec::new();
    for attempt in 1..=3 {
        let call = world.next_call().await;
        assert_eq!((call.function.as_str(), call.message().as_str()), ("sync", "bad"));
        assert_eq!(call.envelope["Metadata"]["DequeueCount"], attempt.to_string());
        times.push(call.at);
    }
    assert!(times.windows(2).all(|pair| (pair[1] - pair[0]).num_seconds() >= 30), "{times:?}");
    let poison = world.next_call().await;
    assert_eq!((poison.function.as_str(), poison.message().as_str()), ("sync-poison", "bad"));
    assert_eq!(poison.envelope["Metadata"]["DequeueCount"], "1");
    world.drained().await;
    assert!(world.calls.try_recv().is_err());
}

#[tokio::test]
async fn only_2xx_with_json_is_success() {
    let bad: [fn() -> Response; 5] = [
        || StatusCode::BAD_REQUEST.into_response(),
        || (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        || "fine".into_response(),
        || ([(CONTENT_TYPE, "text/html")], "{}").into_response(),
        || json_body("[]"),
    ];
    for answer in bad {
        let world = World::new(always(answer)).await;
        let error = world.host().fire("schedule").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    }
    let good: [fn() -> Response; 3] = [
        || json_body(r#"{"Logs":["x"]}"#),
        || (StatusCode::ACCEPTED, json_body("{}")).into_response(),
        || ([(CONTENT_TYPE, "text/json; charset=utf-8")], "{}").into_response(),
    ];
    for answer in good {
        World::new(always(answer)).await.host().fire("schedule").await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_without_a_body_hangs_until_the_time_out() {
    let empty: [fn() -> Response; 3] =
        [|| StatusCode::OK.into_response(), || StatusCode::NO_CONTENT.into_response(), || json_body("null")];
    for answer in empty {
        let mut world = World::new(always(answer)).await;
        let host = world.host.take().unwrap();
        let move_on = async {
            world.calls.recv().await.unwrap();
            world.clock.advance(settings().function_timeout);
        };
        let (fired, ()) = tokio::join!(host.fire("schedule"), move_on);
        let message = fired.unwrap_err().to_string();
        assert_eq!(message, "timer schedule: it took longer than 720s");
    }
}

#[tokio::test]
async fn a_message_stays_hidden_while_its_function_runs() {
    let mut world = World::new(always(|| StatusCode::OK.into_response())).await;
    world.send("sync", "long work").await;
    let (first, second) = (world.next_call().await, world.next_call().await);
    assert!(second.at - first.at >= TimeDelta::seconds(720 + 30), "{}", second.at - first.at);
    assert_eq!(second.envelope["Metadata"]["DequeueCount"], "2");
}

#[tokio::test]
async fn a_message_whose_attempts_all_died_is_poisoned_without_a_call() {
    let world = World::start(always(ok), false, async |queue, clock| {
        queue.send("sync", Bytes::from_static(b"killer"), Duration::ZERO).await.unwrap();
        for _ in 0..3 {
            assert_eq!(queue.receive("sync", 1, Duration::from_secs(1)).await.unwrap().len(), 1);
            clock.advance(Duration::from_secs(1));
        }
    });
    let mut world = world.await;
    let call = world.next_call().await;
    assert_eq!((call.function.as_str(), call.message().as_str()), ("sync-poison", "killer"));
}

#[tokio::test]
async fn a_failing_poison_function_keeps_its_message_but_is_not_called_for_ever() {
    let mut world = World::new(always(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())).await;
    world.send("sync-poison", "bad").await;
    for attempt in 1..=3 {
        assert_eq!(world.next_call().await.envelope["Metadata"]["DequeueCount"], attempt.to_string());
    }
    world.send("gather", "a day later").await;
    world.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(world.next_call().await.function, "gather");
    assert_eq!(world.queue.len("sync-poison").await.unwrap(), 1);
}

#[tokio::test]
async fn a_delayed_message_waits_and_is_drained_too() {
    let mut world = World::new(always(ok)).await;
    let sent = world.clock.now();
    world.queue.send("gather", Bytes::from_static(b"later"), Duration::from_secs(90)).await.unwrap();
    world.drained().await;
    let call = world.calls.try_recv().unwrap();
    assert!((call.at - sent).num_seconds() >= 90);
}

#[tokio::test]
async fn draining_follows_the_chain_to_its_end() {
    let sender: Arc<std::sync::OnceLock<SqliteQueue>> = Arc::default();
    let queue = Arc::clone(&sender);
    let chain = move |function: &str, _| -> BoxFuture<'static, Response> {
        let (queue, function) = (queue.get().unwrap().clone(), function.to_owned());
        Box::pin(async move {
            let next = match function.as_str() {
                "schedule" => Some("gather"),
                "gather" => Some("sync"),
                _ => None,
            };
            for number in 0..5 {
                if let Some(next) = next {
                    queue.send(next, Bytes::from(number.to_string()), Duration::ZERO).await.unwrap();
                }
            }
            ok()
        })
    };
    let mut world = World::new(Arc::new(chain)).await;
    sender.set(world.queue.clone()).ok().unwrap();
    world.host().fire("schedule").await.unwrap();
    world.host().drain(Duration::from_secs(60)).await.unwrap();
    let mut counts = std::collections::BTreeMap::new();
    while let Ok(call) = world.calls.try_recv() {
        *counts.entry(call.function).or_insert(0) += 1;
    }
    insta::assert_debug_snapshot!(counts, @r#"
    {
        "gather": 5,
        "schedule": 1,
        "sync": 25,
    }
    "#);
}

#[tokio::test]
async fn draining_gives_up_and_says_what_is_left() {
    let mut world = World::new(always(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())).await;
    world.send("sync-poison", "bad").await;
    world.next_call().await;
    let drain = world.host().drain(Duration::from_secs(10));
    let move_on = async {
        world.clock.sleepers(1).await;
        world.clock.advance(Duration::from_secs(10));
    };
    let (drained, ()) = tokio::join!(drain, move_on);
    let error = drained.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("1 in sync-poison"), "{error}");
}

#[tokio::test]
async fn no_more_run_at_once_than_the_settings_say() {
    let (running, most, permits) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (counted, highest, gate) = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&permits));
    let answer = move |_: &str, _| -> BoxFuture<'static, Response> {
        let (counted, highest, gate) = (Arc::clone(&counted), Arc::clone(&highest), Arc::clone(&gate));
        Box::pin(async move {
            highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            counted.fetch_sub(1, Ordering::SeqCst);
            ok()
        })
    };
    let before = async |queue: &SqliteQueue, _: &ManualClock| {
        for number in 0..12 {
            queue.send("gather", Bytes::from(number.to_string()), Duration::ZERO).await.unwrap();
        }
    };
    let mut world = World::start(Arc::new(answer), false, before).await;
    // A batch of four; when two of them are left, the next four.
    for _ in 0..4 {
        world.calls.recv().await.unwrap();
    }
    permits.add_permits(2);
    for _ in 0..4 {
        world.calls.recv().await.unwrap();
    }
    permits.add_permits(100);
    world.host().drain(Duration::from_secs(60)).await.unwrap();
    assert_eq!((most.load(Ordering::SeqCst), running.load(Ordering::SeqCst)), (6, 0));
}

#[tokio::test]
async fn timers_fire_at_their_times() {
    let mut world = World::start(always(ok), true, async |_, _| {}).await;
    let mut fired = Vec::new();
    for _ in 0..5 {
        // Two timers and three queues wait for the clock.
        world.host().drain(Duration::from_secs(1)).await.unwrap();
        world.clock.sleepers(5).await;
        world.clock.advance(Duration::from_secs(60));
        let due = if fired.len() == 4 { 2 } else { 1 };
        for _ in 0..due {
            let call = world.calls.recv().await.unwrap();
            let last =
                call.envelope["Data"]["timer"]["ScheduleStatus"]["Last"].as_str().unwrap_or("-").to_owned();
            fired.push(format!("{} {} last {last}", call.at.format("%H:%M:%S"), call.function));
        }
    }
    fired.sort();
    insta::assert_snapshot!(fired.join("\n"), @r#"
    10:01:00 tick last -
    10:02:00 tick last -
    10:03:00 tick last -
    10:04:00 tick last -
    10:05:00 schedule last 0001-01-01T00:00:00+00:00
    10:05:00 tick last -
    "#);
}

#[tokio::test]
async fn firing_by_hand_names_an_unknown_timer() {
    let world = World::new(always(ok)).await;
    world.host().fire("schedule").await.unwrap();
    let error = world.host().fire("nothing").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (Kind::Refused, "there is no timer \"nothing\" to fire")
    );
}

#[tokio::test]
async fn a_stopped_host_takes_no_more_messages() {
    let mut world = World::new(always(ok)).await;
    world.send("gather", "one").await;
    world.next_call().await;
    world.drained().await;
    world.host.take().unwrap().stop().await;
    world.send("gather", "two").await;
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.queue.receive("gather", 1, Duration::from_secs(1)).await.unwrap()[0].dequeue_count, 1);
    assert!(world.calls.try_recv().is_err());
}

#[test]
fn definitions_that_cannot_be_run_are_refused() {
    let refused = |bindings: Value| {
        let text = json!({ "bindings": bindings }).to_string();
        Definition::from_json("work", &text).unwrap_err().to_string()
    };
    let queue =
        json!({ "type": "queueTrigger", "name": "message", "queueName": "work", "dataType": "binary" });
    let mut text = queue.clone();
    text["dataType"] = "string".into();
    let mut name = queue.clone();
    name["queueName"] = "Work".into();
    let messages = [
        refused(json!([])),
        refused(json!([queue, queue])),
        refused(json!([queue, { "type": "queue", "name": "out", "queueName": "next" }])),
        refused(json!([text])),
        refused(json!([name])),
        refused(json!([{ "type": "timerTrigger", "name": "timer", "schedule": "*/5 * * * *" }])),
        refused(json!([{ "type": "blobTrigger", "name": "blob" }])),
        Definition::from_json("work", "{").unwrap_err().to_string(),
        Settings::from_host_json(r#"{"functionTimeout":"ten"}"#).unwrap_err().to_string(),
        Settings::from_host_json(r#"{"extensions":{"queues":{"batchSize":33}}}"#).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r#"
    work/function.json: a function has exactly one trigger
    work/function.json: a function has exactly one trigger
    work/function.json: the binding "out" is not supported; send by the queue port
    work/function.json: a queueTrigger needs "dataType": "binary", or messages can forge metadata
    work/function.json: queue name "Work": 3 to 63 of a-z 0-9 and single -, with a letter or digit at both ends
    work/function.json: the schedule "*/5 * * * *" is none (Invalid pattern: Pattern must have 6 fields when seconds are required and years are disallowed.); write second minute hour day month weekday
    work/function.json: the trigger "blobTrigger" is not supported
    work/function.json: EOF while parsing an object at line 1 column 1
    host.json: functionTimeout is "ten"; write hh:mm:ss
    host.json: batchSize is 33; it must be 1 to 32
    "#);
}

#[test]
fn the_projects_own_functions_are_understood() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let definitions = read_definitions(format!("{root}/function-defs")).unwrap();
    assert!(definitions.iter().any(|definition| matches!(definition.trigger, Trigger::Timer { .. })));
    assert!(definitions.iter().any(|definition| matches!(definition.trigger, Trigger::Queue { .. })));
    let host_json = std::fs::read_to_string(format!("{root}/host.json")).unwrap();
    let settings = Settings::from_host_json(&host_json).unwrap();
    assert!(
        settings.function_timeout >= Duration::from_secs(60) && settings.visibility_timeout > Duration::ZERO
    );
    assert_eq!(Settings::from_host_json("{}").unwrap(), Settings::default());
}
