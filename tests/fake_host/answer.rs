//! How the host judges the answer to an envelope.

use serde_json::{Map, Value};

use super::wire::Reply;

/// What becomes of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Success(ScriptResult),
    /// The host never completes the invocation: it waits for `functionTimeout` and kills the handler.
    Hang(&'static str),
    Failure(String),
}

impl Verdict {
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }
}

/// What the host reads out of a good answer; properties it does not know are ignored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScriptResult {
    pub outputs: Map<String, Value>,
    pub logs: Vec<String>,
    pub return_value: Value,
}

/// Judges an answer as the host does, step by step in its order.
pub fn judge(reply: &Reply) -> Verdict {
    if !(200..300).contains(&reply.status) {
        return Verdict::Failure(format!("status {}: body and logs unread", reply.status));
    }
    if reply.body.is_empty() {
        return Verdict::Hang("an empty body");
    }
    if !is_json(reply) {
        return Verdict::Failure("Invalid HttpResponseMessage: the content type is not JSON".to_owned());
    }
    match serde_json::from_slice(&reply.body) {
        Ok(Value::Null) => Verdict::Hang("the body null"),
        Ok(Value::Object(properties)) => result(properties),
        Ok(_) => Verdict::Failure("Invalid HttpResponseMessage: the body is no object".to_owned()),
        Err(error) => Verdict::Failure(format!("Invalid HttpResponseMessage: {error}")),
    }
}

fn is_json(reply: &Reply) -> bool {
    let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ["application/json", "text/json"].iter().any(|json| kind.eq_ignore_ascii_case(json))
}

/// Property names are read without regard to case.
fn result(properties: Map<String, Value>) -> Verdict {
    let mut result = ScriptResult::default();
    for (name, value) in properties {
        match (name.to_ascii_lowercase().as_str(), value) {
            ("outputs", Value::Object(outputs)) => result.outputs = outputs,
            ("logs", Value::Array(logs)) => {
                result.logs = logs.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect();
            }
            ("outputs" | "logs", Value::Null) => {}
            ("outputs" | "logs", _) => {
                return Verdict::Failure(format!("Invalid HttpResponseMessage: {name} has the wrong type"));
            }
            ("returnvalue", value) => result.return_value = value,
            _ => {}
        }
    }
    Verdict::Success(result)
}
