//! `$batch`: up to twenty requests in one, four at a time, answered in any order.

use std::collections::VecDeque;
use std::sync::Mutex;

use futures::future::join_all;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::{Call, Headers};
use super::serve::serve;
use super::session::Session;
use crate::state::chance::{Dice, mix};
use crate::state::contact::json;
use crate::state::lock;
use crate::state::refusal::Refusal;
use crate::state::world::World;

const MOST_ITEMS: usize = 20;
const MOST_BYTES: usize = 4 * 1024 * 1024;
const AT_A_TIME: usize = 4;

/// One request of a batch.
struct Item {
    id: String,
    after: Vec<String>,
    call: Call,
}

struct Done {
    id: String,
    answer: Answer,
}

/// Runs a batch; the answer is 200 whatever happened to its items.
pub(crate) async fn run(world: &World, session: &Session, body: &[u8]) -> Result<Answer, Refusal> {
    let items = read(world, body)?;
    let begin = world.clock.micros();
    let sequential = items.iter().any(|item| !item.after.is_empty());
    let mut done = if sequential {
        one_by_one(world, session, items, begin).await
    } else {
        four_lanes(world, session, items, begin).await
    };
    Dice::new(mix(&[world.seed, u64::try_from(begin).unwrap_or(0), 4])).shuffle(&mut done);
    Ok(answered(&done))
}

/// Four lanes take the items in order; each lane's next item starts when its last one ended.
async fn four_lanes(world: &World, session: &Session, items: Vec<Item>, begin: i64) -> Vec<Done> {
    let queue = Mutex::new(VecDeque::from(items));
    let lane = || async {
        let (mut done, mut at) = (Vec::new(), begin);
        loop {
            let Some(item) = lock(&queue).pop_front() else { return done };
            let answer = serve(world, session, item.call, at).await;
            let now = world.clock.micros();
            at = (at + world.latency()).clamp(now - LATE_MICROS, now);
            done.push(Done { id: item.id, answer });
        }
    };
    join_all((0..AT_A_TIME).map(|_| lane())).await.into_iter().flatten().collect()
}

/// How late a timer may wake a lane without slowing the next item: the model's latency, not the machine's.
const LATE_MICROS: i64 = 5_000;

async fn one_by_one(world: &World, session: &Session, items: Vec<Item>, begin: i64) -> Vec<Done> {
    let (mut done, mut at): (Vec<Done>, i64) = (Vec::new(), begin);
    for item in items {
        let failed = item.after.iter().any(|id| done.iter().any(|d| d.id == *id && d.answer.status >= 400));
        let answer = if failed { failed_dependency() } else { serve(world, session, item.call, at).await };
        at = world.clock.micros();
        done.push(Done { id: item.id, answer });
    }
    done
}

fn failed_dependency() -> Answer {
    let message = "Failed execution of one or more of the dependencies.";
    Answer::value(424, &serde_json::json!({ "error": { "code": "FailedDependency", "message": message } }))
}

// --- reading ---------------------------------------------------------------------------------------------------

fn read(world: &World, body: &[u8]) -> Result<Vec<Item>, Refusal> {
    if body.len() > MOST_BYTES {
        return Err(Refusal::new(413, "RequestEntityTooLarge", "The batch payload is too large."));
    }
    let invalid = || Refusal::bad_request("Invalid batch payload format.");
    let mut body: Map<String, Value> = serde_json::from_slice(body).map_err(|_| invalid())?;
    let Some(Value::Array(requests)) = body.remove("requests") else { return Err(invalid()) };
    if requests.is_empty() {
        return Err(invalid());
    }
    if requests.len() > MOST_ITEMS {
        let message = "Number of batch request steps exceeds the maximum value of 20.";
        return Err(Refusal::new(400, "MaximumValueExceeded", message));
    }
    let items: Vec<Item> =
        requests.into_iter().map(|request| item(world, request)).collect::<Result<_, _>>()?;
    check_ids(&items)?;
    check_order(&items)?;
    Ok(items)
}

fn item(world: &World, request: Value) -> Result<Item, Refusal> {
    let invalid = || Refusal::bad_request("Invalid batch payload format.");
    let Value::Object(mut request) = request else { return Err(invalid()) };
    let text = |name: &str| request.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = text("id").ok_or_else(invalid)?.to_owned();
    let method = text("method").ok_or_else(invalid)?.to_ascii_uppercase();
    let url = relative(world, text("url").ok_or_else(invalid)?)?;
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let after = depends(&request)?;
    let mut headers = item_headers(&request);
    headers.sized = true;
    let body = request.remove("body").filter(|body| !body.is_null());
    if body.is_some() && headers.content_type.is_none() {
        let message = format!("Write request id : {id} does not contain Content-Type header or body.");
        return Err(Refusal::bad_request(message));
    }
    let bytes = if world.quirks().throttling { body.as_ref().map_or(0, weight) } else { 0 };
    Ok(Item { id, after, call: Call { method, path, query, headers, body, bytes, item: true } })
}

/// The rough size of a body: its texts.
fn weight(body: &Value) -> u64 {
    match body {
        Value::String(text) => u64::try_from(text.len()).unwrap_or(0) + 3,
        Value::Array(list) => list.iter().map(weight).sum::<u64>() + 2,
        Value::Object(map) => {
            map.iter()
                .map(|(name, value)| u64::try_from(name.len()).unwrap_or(0) + 4 + weight(value))
                .sum::<u64>()
                + 2
        }
        _ => 5,
    }
}

/// The path below `/v1.0`: items name it without the version, the Python SDK sends whole addresses.
fn relative(world: &World, url: &str) -> Result<String, Refusal> {
    let path = match url.strip_prefix(world.base()) {
        Some(rest) => rest.strip_prefix("/v1.0").unwrap_or(rest),
        None if url.contains("://") => {
            return Err(Refusal::bad_request(format!("Invalid URL in the batch request: '{url}'.")));
        }
        None => url,
    };
    Ok(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}

fn depends(request: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let Some(list) = request.get("dependsOn").or_else(|| request.get("depends_on")) else {
        return Ok(Vec::new());
    };
    serde_json::from_value(list.clone())
        .map_err(|_| Refusal::bad_request("dependsOn must be a list of request ids."))
}

fn item_headers(request: &Map<String, Value>) -> Headers {
    let pairs = request.get("headers").and_then(Value::as_object).into_iter().flatten();
    Headers::read(pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))))
}

fn check_ids(items: &[Item]) -> Result<(), Refusal> {
    for (position, item) in items.iter().enumerate() {
        if items.iter().take(position).any(|earlier| earlier.id == item.id) {
            return Err(Refusal::bad_request(format!(
                "Request Id : {} has to be unique in a batch.",
                item.id
            )));
        }
    }
    Ok(())
}

/// Items are all independent, or each depends on the one before it.
fn check_order(items: &[Item]) -> Result<(), Refusal> {
    if items.iter().all(|item| item.after.is_empty()) {
        return Ok(());
    }
    let chained =
        items.iter().zip(items.iter().skip(1)).all(|(before, item)| *item.after == [before.id.clone()]);
    if chained && items.first().is_some_and(|first| first.after.is_empty()) {
        return Ok(());
    }
    Err(Refusal::bad_request(
        "Requests in a batch must be all parallel, or each must depend on the previous one.",
    ))
}

// --- writing ---------------------------------------------------------------------------------------------------

fn answered(done: &[Done]) -> Answer {
    let mut body = Vec::with_capacity(done.iter().map(|done| done.answer.body.len() + 300).sum());
    body.extend_from_slice(b"{\"responses\":[");
    for (position, done) in done.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        write_item(done, &mut body);
    }
    body.extend_from_slice(b"]}");
    let mut answer = Answer::json(200, body);
    answer.cut = done.iter().filter_map(|done| done.answer.cut).min();
    answer.slow = done.iter().filter_map(|done| done.answer.slow).max();
    answer
}

fn write_item(Done { id, answer }: &Done, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    json(id, out);
    out.extend_from_slice(format!(",\"status\":{},\"headers\":{{", answer.status).as_bytes());
    out.extend_from_slice(b"\"Cache-Control\":\"no-cache\"");
    for (name, value) in &answer.headers {
        out.push(b',');
        json(&cased(name), out);
        out.push(b':');
        json(value, out);
    }
    if let Some(kind) = answer.content_type {
        out.extend_from_slice(b",\"Content-Type\":");
        json(kind, out);
    }
    out.extend_from_slice(b"},\"body\":");
    match answer.content_type {
        None => out.extend_from_slice(b"null"),
        Some(super::answer::JSON) => write_json(&answer.body, out),
        Some(_) => json(&String::from_utf8_lossy(&answer.body), out),
    }
    out.push(b'}');
}

/// JSON goes in as it is; what a fault has cut short goes in as a string.
fn write_json(body: &[u8], out: &mut Vec<u8>) {
    if body.last() == Some(&b'}') {
        out.extend_from_slice(body);
    } else {
        json(&String::from_utf8_lossy(body), out);
    }
}

fn cased(name: &str) -> &str {
    match name {
        "retry-after" => "Retry-After",
        "location" => "Location",
        other => other,
    }
}
