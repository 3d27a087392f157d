//! How each fault looks on the wire.

use serde_json::{Value, json};

use super::answer::{Answer, Cut, Stamp};
use super::call::Call;
use crate::state::fault::{Fault, FaultKind};
use crate::state::refusal::Refusal;
use crate::state::throttle::conflict;
use crate::state::world::World;

/// The answer of a fault that strikes before the request takes effect.
pub(crate) fn before(fault: &Fault, stamp: &Stamp<'_>) -> Option<Answer> {
    match fault.kind {
        FaultKind::Unavailable => Some(Answer::empty(503)),
        FaultKind::ServerError => {
            let refusal = Refusal::new(500, "InternalServerError", "An internal server error occurred.");
            Some(Answer::refusal(refusal, stamp))
        }
        FaultKind::ErrorInside => {
            let refusal = Refusal::new(200, "UnknownError", "");
            Some(Answer::refusal(refusal, stamp))
        }
        FaultKind::Conflict => Some(Answer::refusal(conflict(), stamp)),
        FaultKind::ThrottleStorm => Some(Answer::refusal(storm(fault), stamp)),
        FaultKind::ResetBefore => Some(Answer { cut: Some(Cut::Early), ..Answer::empty(503) }),
        _ => None,
    }
}

fn storm(fault: &Fault) -> Refusal {
    let refusal =
        Refusal::new(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.");
    match fault.retry_after {
        0 => refusal,
        seconds => refusal.header("retry-after", seconds.to_string()),
    }
}

/// What a fault makes of the answer to a request that took effect.
pub(crate) fn after(fault: &Fault, answer: Answer, call: &Call, world: &World) -> Answer {
    match fault.kind {
        FaultKind::GatewayTimeout => Answer::empty(504),
        FaultKind::ResetAfter => Answer { cut: Some(Cut::Early), ..answer },
        FaultKind::ResetMidBody => {
            Answer { cut: Some(if answer.body.is_empty() { Cut::Early } else { Cut::MidBody }), ..answer }
        }
        FaultKind::SlowBody => Answer { slow: Some(fault.milliseconds), ..answer },
        FaultKind::Html => html(),
        FaultKind::TruncatedJson => truncated(answer),
        FaultKind::NextLinkLoop => rewritten(answer, |body| looped(body, call, world)),
        FaultKind::UnknownValues => rewritten(answer, strange),
        FaultKind::ControlCharacters => dirty(answer),
        _ => answer,
    }
}

fn html() -> Answer {
    let body =
        b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please wait</body></html>".to_vec();
    Answer { status: 200, body, content_type: Some("text/html; charset=utf-8"), ..Answer::default() }
}

fn truncated(mut answer: Answer) -> Answer {
    answer.status = 200;
    answer.body.truncate(answer.body.len() / 2);
    answer
}

fn rewritten(mut answer: Answer, change: impl FnOnce(&mut Value)) -> Answer {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
        change(&mut body);
        answer.body = body.to_string().into_bytes();
    }
    answer
}

fn looped(body: &mut Value, call: &Call, world: &World) {
    if let Some(body) = body.as_object_mut().filter(|body| body.contains_key("value")) {
        body.remove("@odata.deltaLink");
        let question = if call.query.is_empty() { "" } else { "?" };
        let link = format!("{}/v1.0{}{question}{}", world.base(), call.path, call.query);
        body.insert("@odata.nextLink".into(), link.into());
    }
}

/// Properties and enum values that no client knows.
fn strange(body: &mut Value) {
    match body {
        Value::Array(entries) => entries.iter_mut().for_each(strange),
        Value::Object(members) => {
            members.values_mut().for_each(strange);
            for name in ["type", "userType"] {
                members.entry(name).and_modify(|value| *value = "unknownFutureValue".into());
            }
            members.insert("whatIsThis".into(), json!({ "new": [1, true, null] }));
        }
        _ => {}
    }
}

/// Puts raw control characters, which JSON forbids, into the names.
fn dirty(mut answer: Answer) -> Answer {
    let text = String::from_utf8_lossy(&answer.body);
    let dirty = text
        .replace("\"displayName\":\"", "\"displayName\":\"\u{b}")
        .replace("\"subject\":\"", "\"subject\":\"\u{b}")
        .replace("\"message\":\"", "\"message\":\"\u{1}");
    answer.body = dirty.into_bytes();
    answer
}
