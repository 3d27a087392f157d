//! What operators look at fits what the program writes: each message and field that an alert or a chart asks for stands in a line
//! of a real story; lines are flat and say which call wrote them; a run tells its figures once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use demo::browser::Browser;
use fake_host::host::{FakeHost, Times};
use fake_host::wire::Call;
use fake_host::worker::{Line, Program};
use platform::Queue;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, MailboxState, Standing};
use stage::World;
use stage::street::Street;

const HOUR: Duration = Duration::from_secs(3600);

/// A due run, changes, a source that breaks off, a mailbox out of reach, junk, a sign-in that can't go on, a consent that ends.
async fn story() -> World {
    let world = World::filled(12, 3).await;
    world.clock.advance(HOUR);
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.simulator.set_mailbox_state(world.cast.owners[2], MailboxState::InvalidUser);
    world.fire("schedule").await;
    world.settle().await;
    world.simulator.add_fault(Fault::new(FaultKind::TruncatedJson).path("/users/delta*"));
    world.run().await;
    world.simulator.clear_faults();
    for queue in stage::host::QUEUES {
        world.invoke(queue, br#"{"v":1,"name":"Xaverius Junkmann"}"#, 1).await;
    }
    world.fire("purge").await;
    world.simulator.set_standing(Standing::Disabled);
    world.clock.advance(HOUR);
    world.run().await;
    world
}

/// What is printed where the identity proves nothing, and where Microsoft knows no such code.
async fn no_sign_in() -> Vec<Value> {
    let mut lines = Vec::new();
    for more in [vec![("IDENTITY_HEADER", "wrong".to_owned())], Vec::new()] {
        let street = Street::of(4, 1, &more).await;
        let browser = Browser::new().unwrap();
        let start = browser.open(&street.at("consent/start")).await.unwrap();
        let picker = browser.open(&start.link("/consent/sign-in").unwrap()).await.unwrap();
        let form = picker.form_with(&[("person", &street.admin.to_string()), ("answer", "sign-in")]).unwrap();
        let mut back = browser.submit(&picker, &form, &[("answer", "sign-in")]).await.unwrap().next.unwrap();
        let query = back.query().unwrap().replace("code=", "code=x");
        back.set_query(Some(&query));
        browser.open(&back).await.unwrap();
        lines.extend(street.world.paper.lines());
    }
    lines
}

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_wheelhouse"))
        .setting("WHEELHOUSE_PLATFORM", "embedded")
        .setting("WHEELHOUSE_IDENTITY", "developer")
        .setting("WHEELHOUSE_APP_CLIENT_ID", "7a1c9e50-3b64-4f0e-9d55-0c2f8f6b1a11")
}

fn parsed(lines: Vec<Line>) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(&line.text).unwrap()).collect()
}

/// What the program prints that can't start, and the one that can't open its data.
async fn broken_starts() -> Vec<Value> {
    let bare = Program::new(env!("CARGO_BIN_EXE_wheelhouse")).launch();
    let (_, mut lines) = tokio::task::spawn_blocking(move || bare().wait()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("wheelhouse.db")).unwrap();
    let program = program().setting("WHEELHOUSE_DATA_FOLDER", folder.path().to_str().unwrap());
    let host = FakeHost::start(program.launch(), Times::default()).await.unwrap();
    assert_eq!(host.http(&Call::new("GET", "/health")).await.unwrap().status, 503);
    lines.extend(host.into_lines().await);
    parsed(lines)
}

/// A panic within this thread, told by the program's own hook.
fn panic_in(world: &World) {
    wheelhouse::host::log_panics();
    let outcome = std::panic::catch_unwind(|| panic!("a person's name"));
    drop(std::panic::take_hook());
    assert!(outcome.is_err() && world.paper.said("panicked").len() == 1);
}

/// What one statement of a query asks of the lines with one of these messages.
struct Asked {
    what: String,
    messages: Vec<String>,
    /// The function that reads the field, and the field.
    fields: BTreeSet<(String, String)>,
}

fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/common").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn queries() -> Vec<(String, String)> {
    let alert = |alert: &Value| {
        let lines = alert["query"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        (format!("alert {}", alert["name"]), lines.collect::<Vec<_>>().join("\n"))
    };
    let chart = |item: &Value| {
        Some((format!("chart {}", item["name"]), item["content"]["query"].as_str()?.to_owned()))
    };
    let alerts = file("alerts.json").as_array().unwrap().iter().map(alert).collect::<Vec<_>>();
    let charts: Vec<_> =
        file("workbook.json")["items"].as_array().unwrap().iter().filter_map(chart).collect();
    [alerts, charts].concat()
}

/// A statement that names no message reads whatever its query names elsewhere.
fn asked(what: &str, query: &str) -> Vec<Asked> {
    let all = messages(query);
    let statements = query.split(';').map(|statement| {
        let own = messages(statement);
        let messages = if own.is_empty() { all.clone() } else { own };
        Asked { what: what.to_owned(), messages, fields: fields(statement) }
    });
    statements.collect()
}

fn messages(query: &str) -> Vec<String> {
    let ends = [("tostring(line.message) == ", '\n'), ("tostring(line.message) in (", ')')];
    let mut found = Vec::new();
    for (head, end) in ends {
        for rest in query.split(head).skip(1) {
            let part = rest.split([end, '|']).next().unwrap();
            let part = if end == '\n' { part.split(" and ").next().unwrap() } else { part };
            found.extend(part.split('\'').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

fn fields(statement: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let parts: Vec<_> = statement.split("(line.").collect();
    for pair in parts.windows(2) {
        let reader = pair[0].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
        let field = pair[1].split(')').next().unwrap();
        found.insert((reader.to_owned(), field.to_owned()));
    }
    assert_eq!(
        found.is_empty(),
        !statement.contains("line."),
        "each is read as `type(line.name)`: {statement}"
    );
    found
}

fn fits(reader: &str, value: &Value) -> bool {
    match reader {
        "tostring" => value.is_string(),
        "tolong" => value.is_u64() || value.is_i64(),
        "tobool" => value.is_boolean(),
        other => panic!("nobody knows what {other} reads"),
    }
}

impl Asked {
    /// Messages that nobody wrote, and fields that a line lacks or that hold something else.
    fn missing_in(&self, lines: &[Value]) -> Vec<String> {
        let mut found = Vec::new();
        for message in &self.messages {
            let said: Vec<_> = lines.iter().filter(|line| line["message"] == *message).collect();
            if said.is_empty() {
                found.push(format!("{}: nobody wrote `{message}`", self.what));
            }
            for (reader, field) in &self.fields {
                if !said.iter().all(|line| fits(reader, &line[field])) {
                    found.push(format!("{}: `{message}` lacks {field} for {reader}", self.what));
                }
            }
        }
        if self.messages.is_empty() {
            let known =
                |(reader, field): &&(String, String)| !lines.iter().any(|line| fits(reader, &line[field]));
            found.extend(
                self.fields
                    .iter()
                    .filter(known)
                    .map(|(_, field)| format!("{}: no line has {field}", self.what)),
            );
        }
        found
    }
}

#[tokio::test]
async fn every_alert_and_chart_fits_lines_that_the_program_writes() {
    let world = story().await;
    panic_in(&world);
    let lines = [world.paper.lines(), broken_starts().await, no_sign_in().await].concat();
    let asked: Vec<_> = queries().iter().flat_map(|(what, query)| asked(what, query)).collect();
    assert!(asked.iter().map(|asked| asked.messages.len()).sum::<usize>() >= 15);
    let missing: Vec<_> = asked.iter().flat_map(|asked| asked.missing_in(&lines)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn a_renamed_message_a_renamed_field_and_a_field_of_another_kind_are_found() {
    let query = "let a = AppTraces | extend line = parse_json(Message) | extend hub = tostring(line.hub);\n\
        a | where tostring(line.message) == 'run ended' and tolong(line.failed) > 0";
    let missing = |line: Value| {
        let all = asked("x", query);
        all.iter()
            .flat_map(|asked| asked.missing_in(std::slice::from_ref(&line)))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let line =
        |message: &str, field: &str, value: Value| json!({ "message": message, "hub": "h", field: value });
    assert_eq!(missing(line("run ended", "failed", json!(0))), "");
    assert_eq!(
        missing(line("run is over", "failed", json!(0))),
        "x: nobody wrote `run ended`; x: nobody wrote `run ended`"
    );
    assert_eq!(missing(line("run ended", "failing", json!(0))), "x: `run ended` lacks failed for tolong");
    assert_eq!(missing(line("run ended", "failed", json!("0"))), "x: `run ended` lacks failed for tolong");
}

/// Text fields that a call's lines may have beside their own.
const OF_A_CALL: [&str; 4] = ["function", "invocation", "trace_id", "span_id"];

#[tokio::test]
async fn lines_are_flat_and_say_which_call_wrote_them() {
    let world = story().await;
    let lines = world.paper.lines();
    assert!(lines.len() > 20);
    for line in &lines {
        let fields = line.as_object().unwrap();
        assert!(fields.values().all(|value| !value.is_object() && !value.is_array()), "{line}");
        for field in ["timestamp", "level", "message", "function", "invocation"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
        let is_envelope = !["api", "health"].contains(&line["function"].as_str().unwrap());
        assert!(!is_envelope || OF_A_CALL.iter().all(|field| line[*field].is_string()), "{line}");
        let is_known = ["gather", "sync-mailbox"].contains(&line["function"].as_str().unwrap())
            && line["message"] != "recorded as a dead letter";
        for field in ["tenant", "hub", "run"].iter().filter(|_| is_known) {
            assert!(line[*field].is_string(), "{field}: {line}");
        }
    }
    let troubled = world.paper.said("mailbox not synced");
    assert_eq!(troubled[0]["mailbox"], json!(world.cast.owners[2]), "{troubled:?}");
    let trace = |line: &Value| (line["invocation"].to_string(), line["trace_id"].to_string());
    let traces: BTreeSet<_> = lines.iter().map(trace).collect();
    let calls: BTreeSet<_> = traces.iter().map(|(call, _)| call).collect();
    assert!(calls.len() > 5 && calls.len() == traces.len(), "one call is of one trace: {traces:?}");
}

/// What the program prints of a call that it refuses, under a host that names traces or does not.
async fn refused_call(names_traces: bool) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let program = program().setting("WHEELHOUSE_DATA_FOLDER", folder.path().to_str().unwrap());
    let program = program.setting("RUST_LOG", "error");
    let host = FakeHost::start(program.launch(), Times::default()).await.unwrap();
    let host = if names_traces { host } else { host.without_traces() };
    assert!(!host.invoke("gather", &json!({ "Data": {} })).await.is_success());
    let lines = parsed(host.into_lines().await);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].clone()
}

#[tokio::test]
async fn a_trace_is_taken_from_the_host_where_it_names_one() {
    let traced = refused_call(true).await;
    assert_eq!(
        (traced["trace_id"].as_str(), traced["span_id"].as_str()),
        (Some("0af7651916cd43dd0000000000000002"), Some("b7ad6b7100000002"))
    );
    assert_eq!((&traced["function"], &traced["level"]), (&json!("gather"), &json!("ERROR")));
    let untraced = refused_call(false).await;
    assert_eq!((&untraced["trace_id"], &untraced["span_id"]), (&Value::Null, &Value::Null));
    assert_eq!(untraced["invocation"], traced["invocation"]);
}

/// The figures of every run that ended, without what differs from one story to the next.
fn figures(world: &World) -> String {
    let shown = |(name, value): &(&String, &Value)| {
        let is_count = value.is_u64() && **value != json!(0) && !["bytes", "ms"].contains(&name.as_str());
        is_count || ["complete", "reason"].contains(&name.as_str())
    };
    let row = |line: Value| {
        let fields = line.as_object().unwrap().iter().filter(shown);
        fields.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ").replace('"', "")
    };
    world.paper.said("run ended").into_iter().map(row).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_run_tells_its_figures_once_when_it_is_whole() {
    let world = World::of(12, 3).await;
    world.configure(&world.config()).await;
    let mut asked = Vec::new();
    let run = async || {
        let run = world.run().await;
        assert!(run["ended"].is_string(), "{run}");
        run
    };
    run().await;
    asked.push(world.simulator.counts().graph_requests);
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.simulator.set_mailbox_state(world.cast.owners[2], MailboxState::InvalidUser);
    run().await;
    asked.push(world.simulator.counts().graph_requests);
    world.simulator.reset_counts();
    world.clock.advance(HOUR);
    world.fire("schedule").await;
    world.settle().await;
    asked.push(world.simulator.counts().graph_requests);
    world.simulator.set_mailbox_state(world.cast.owners[2], MailboxState::Ok);
    world
        .simulator
        .add_fault(Fault::new(FaultKind::ThrottleStorm).path("/users/*/contact*").retry_after(20).times(4));
    run().await;
    asked.push(world.simulator.counts().graph_requests);
    insta::assert_snapshot!(figures(&world), @r"
    changed 3, complete true, creates 36, items 12, mailboxes 3, reason manual, requests 45, serves 3
    changed 2, complete true, items 12, mailboxes 3, quarantined 1, reason manual, requests 8, serves 3, updates 2
    complete true, items 12, mailboxes 1, quarantined 1, reason schedule, requests 3, serves 3
    changed 1, complete true, items 12, mailboxes 3, reason manual, requests 11, serves 3, throttled 4, unchanged 2, updates 1
    ");
    let told: Vec<_> =
        world.paper.said("run ended").iter().map(|line| line["requests"].as_u64().unwrap()).collect();
    assert_eq!(told, asked, "what Graph counted");
}

#[tokio::test]
async fn twins_of_the_last_message_end_a_run_once() {
    let world = World::filled(12, 3).await;
    world.paper.clear();
    world.post(&format!("{}/run", world.hub())).await;
    world.round().await;
    let messages = world.queue.receive("sync-mailbox", 8, HOUR).await.unwrap();
    assert_eq!(messages.len(), 1);
    let calls = messages
        .iter()
        .flat_map(|message| [message.bytes.clone(), message.bytes.clone(), message.bytes.clone()]);
    let calls: Vec<_> = calls.collect();
    futures::future::join_all(calls.iter().map(|bytes| world.invoke("sync-mailbox", bytes, 1))).await;
    world.invoke("sync-mailbox", &calls[0], 2).await;
    // Twins that lost against each other put mailboxes back.
    world.settle().await;
    assert!(world.paper.said("mailboxes visited").len() >= 4);
    assert_eq!(world.paper.said("run ended").len(), 1);
}

#[test]
fn the_host_lets_our_lines_and_its_results_through_and_little_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("host.json");
    let host: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let levels = &host["logging"]["logLevel"];
    // Lines of standard output; the table AppRequests, which the alerts read; started and ended, twice a call.
    for (category, level) in [
        ("Host.Function.Console", "Information"),
        ("Host.Results", "Information"),
        ("Function", "Error"),
        ("default", "Warning"),
    ] {
        assert_eq!(levels[category], level, "{category}");
    }
    let insights = &host["logging"]["applicationInsights"];
    let kept = insights["samplingSettings"]["excludedTypes"].as_str().unwrap();
    assert!(kept.split(';').any(|kind| kind == "Request") && kept.split(';').any(|kind| kind == "Trace"));
    for costly in ["enableDependencyTracking", "enablePerformanceCountersCollection"] {
        assert_eq!(insights[costly], json!(false), "{costly}");
    }
}

/// What stands in the first column of a table below a heading of the page.
fn first_column(heading: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OBSERVE.md");
    let page = std::fs::read_to_string(path).unwrap();
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `") || line.starts_with("| *"));
    let cells = rows.map(|row| row[1..].split(" | ").next().unwrap());
    cells.flat_map(|cell| cell.split(['`', '*']).skip(1).step_by(2)).map(str::to_owned).collect()
}

fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.is_dir() {
        true => sources(&path),
        false => std::fs::read_to_string(&path).unwrap_or_default(),
    });
    texts.collect()
}

#[test]
fn the_page_for_operators_has_the_alerts_that_there_are_and_messages_that_are_written() {
    let alerts = file("alerts.json");
    let alerts: BTreeSet<_> =
        alerts.as_array().unwrap().iter().map(|alert| alert["name"].as_str().unwrap()).collect();
    assert_eq!(first_column("Alerts").iter().map(String::as_str).collect::<BTreeSet<_>>(), alerts);
    let program = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("handlers"));
    let told = first_column("Messages");
    let unknown: Vec<_> =
        told.iter().filter(|message| !program.contains(&format!("\"{message}\""))).collect();
    assert!(told.len() > 15 && unknown.is_empty(), "{unknown:?}");
    let asked: BTreeSet<_> = queries().iter().flat_map(|(_, query)| messages(query)).collect();
    assert_eq!(
        asked.difference(&told).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "what alerts ask for is explained"
    );
}
