//! The HTTP front: which facade answers, and the headers that all answers carry.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use futures::{StreamExt, stream};

use crate::control;
use crate::door::Scissors;
use crate::graph::answer::{Answer, Cut, Stamp};
use crate::graph::call::{Call, Headers};
use crate::graph::session::Session;
use crate::graph::{batch, faulty, serve};
use crate::identity;
use crate::login;
use crate::recording::Exchange;
use crate::state::refusal::Refusal;
use crate::state::world::World;

const MOST_BYTES: usize = 64 * 1024 * 1024;
const PIECES: usize = 10;

/// Answers any request. The work goes on when the client hangs up, as a real server's would.
pub(crate) async fn front(
    State(world): State<Arc<World>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let work = tokio::spawn(async move {
        let (parts, body) = request.into_parts();
        match to_bytes(body, MOST_BYTES).await {
            Ok(body) => respond(&world, &parts, body).await,
            Err(_) => Answer::empty(400),
        }
    });
    let answer = work.await.unwrap_or_else(|_| Answer::empty(500));
    if answer.cut == Some(Cut::Early) {
        scissors.cut();
    }
    wire(answer)
}

async fn respond(world: &Arc<World>, parts: &Parts, body: Bytes) -> Answer {
    let path = parts.uri.path();
    let below = path.get(..6).filter(|head| head.eq_ignore_ascii_case("/v1.0/")).and_then(|_| path.get(5..));
    if let Some(below) = below {
        return graph(world, parts, below, body).await;
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (parts.method.as_str(), segments.as_slice()) {
        ("GET", ["identity", "token"]) => {
            let header = parts.headers.get("x-identity-header").and_then(|value| value.to_str().ok());
            faulted(world, parts, || identity::token(world, parts.uri.query().unwrap_or_default(), header))
        }
        (method, ["control", rest @ ..]) => control::answer(world, method, rest, &body),
        (method, segments) => match login::read(method, segments) {
            Some((page, tenant)) => {
                let query = parts.uri.query().unwrap_or_default();
                faulted(world, parts, || page.answer(world, tenant, query, &body))
            }
            None => Answer::empty(404),
        },
    }
}

/// Login and identity can fail on purpose, too.
fn faulted(world: &World, parts: &Parts, run: impl FnOnce() -> Answer) -> Answer {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let Some(fault) = world.faults.draw(method, path, false) else { return run() };
    let stamp = Stamp { clock: &world.clock, request_id: world.request_id(), client_request_id: None };
    world.counters.note(|counts| counts.faults += 1);
    let call = Call { method: method.to_owned(), path: path.to_owned(), ..Call::default() };
    faulty::before(&fault, &stamp).unwrap_or_else(|| faulty::after(&fault, run(), &call, world))
}

async fn graph(world: &World, parts: &Parts, path: &str, body: Bytes) -> Answer {
    let client_request_id = header(&parts.headers, "client-request-id");
    let request_id = world.request_id();
    let stamp = Stamp { clock: &world.clock, request_id, client_request_id };
    let received = body.len();
    let answer = match called(parts, path, &body) {
        Err(refusal) => Answer::refusal(refusal, &stamp),
        Ok(call) => authenticated(world, call, &body, &stamp).await,
    };
    world.counters.note(|counts| {
        counts.http_calls += 1;
        counts.bytes_in += u64::try_from(received).unwrap_or(0);
        counts.bytes_out += u64::try_from(answer.body.len()).unwrap_or(0);
    });
    let numbered = answer.headers.iter().any(|(name, _)| *name == "request-id");
    let answer = if numbered { answer } else { answer.header("request-id", request_id.to_string()) };
    let answer =
        client_request_id.into_iter().fold(answer, |answer, id| answer.header("client-request-id", id));
    let diagnostic = "{\"ServerInfo\":{\"DataCenter\":\"Simulator\",\"Slice\":\"E\",\"Ring\":\"5\"}}";
    let date = world.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.header("x-ms-ags-diagnostic", diagnostic).header("date", date).header("odata-version", "4.0")
}

async fn authenticated(world: &World, call: Call, body: &[u8], stamp: &Stamp<'_>) -> Answer {
    let session = match Session::open(world, call.headers.authorization.as_deref()) {
        Ok(session) => session,
        Err(refusal) => return Answer::refusal(refusal, stamp),
    };
    if call.path.eq_ignore_ascii_case("/$batch") {
        return whole_batch(world, &session, &call, body, stamp).await;
    }
    serve::serve(world, &session, call, world.clock.micros()).await
}

async fn whole_batch(
    world: &World,
    session: &Session,
    call: &Call,
    body: &[u8],
    stamp: &Stamp<'_>,
) -> Answer {
    let fault = world.faults.draw(&call.method, "/$batch", false);
    if fault.is_some() {
        world.counters.note(|counts| counts.faults += 1);
    }
    let early = fault.as_ref().and_then(|fault| faulty::before(fault, stamp));
    let answer = match early {
        Some(answer) => answer,
        None if call.method != "POST" => Answer::refusal(crate::graph::folders::not_allowed(), stamp),
        None => batch::run(world, session, body).await.unwrap_or_else(|why| Answer::refusal(why, stamp)),
    };
    let answer = match &fault {
        Some(fault) => faulty::after(fault, answer, call, world),
        None => answer,
    };
    world.counters.note(|counts| counts.throttled += u64::from(answer.status == 429));
    record_batch(world, call, body, &answer);
    answer
}

fn record_batch(world: &World, call: &Call, body: &[u8], answer: &Answer) {
    if world.recorder.is_on() {
        world.recorder.note(Exchange {
            method: call.method.clone(),
            path: call.path.clone(),
            item: false,
            request: String::from_utf8_lossy(body).into_owned(),
            status: answer.status,
            answer: String::from_utf8_lossy(&answer.body).into_owned(),
        });
    }
}

/// Reads a request; a batch's body is read by the batch.
fn called(parts: &Parts, path: &str, body: &[u8]) -> Result<Call, Refusal> {
    let pairs = parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let batch = path.eq_ignore_ascii_case("/$batch");
    let parsed = match body {
        [] => None,
        _ if batch => None,
        text => Some(serde_json::from_slice(text).map_err(|_| unreadable())?),
    };
    let headers = Headers::read(pairs);
    if parsed.is_some()
        && !headers.content_type.as_deref().is_some_and(|kind| kind.starts_with("application/json"))
    {
        return Err(Refusal::new(
            415,
            "UnsupportedMediaType",
            "The Content-Type of a body must be application/json.",
        ));
    }
    Ok(Call {
        method: parts.method.as_str().to_owned(),
        path: path.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: parsed,
        bytes: u64::try_from(body.len()).unwrap_or(0),
        item: false,
    })
}

fn unreadable() -> Refusal {
    Refusal::bad_request(
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
    )
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn wire(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    if let Some(kind) = answer.content_type {
        response = response.header("content-type", kind);
    }
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let body = match (answer.cut, answer.slow) {
        (Some(Cut::MidBody), _) => torn(answer.body),
        (_, Some(millis)) => slow(answer.body, millis),
        _ => Body::from(answer.body),
    };
    response.body(body).unwrap_or_default()
}

/// Half a body, and then a cut connection.
fn torn(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    let halves = [Ok(Bytes::from(body)), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
    let timed = stream::iter(halves).then(|half| async move {
        // the first half must be on its way before the cut
        if half.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        half
    });
    Body::from_stream(timed)
}

/// A body that comes in pieces with pauses.
fn slow(body: Vec<u8>, millis: u64) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let pause = Duration::from_millis(millis / u64::try_from(PIECES).unwrap_or(1));
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let timed = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, std::io::Error>(piece)
    });
    Body::from_stream(timed)
}
