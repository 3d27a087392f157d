//! An answer on its way out, and the error bodies of Graph.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::state::clock::Clock;
use crate::state::refusal::Refusal;

pub(crate) const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What goes back to the client, as a plain answer or as an item of a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// `None` for an empty body.
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Cut the connection.
    pub(crate) cut: Option<Cut>,
    /// Spread the body over so many milliseconds.
    pub(crate) slow: Option<u64>,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cut {
    /// Before a byte of the answer.
    Early,
    /// In the middle of its body.
    MidBody,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn json(status: u16, body: Vec<u8>) -> Self {
        Self { status, body, content_type: Some(JSON), ..Self::default() }
    }

    pub(crate) fn value(status: u16, body: &Value) -> Self {
        Self::json(status, body.to_string().into_bytes())
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The error body of Graph.
    pub(crate) fn refusal(refusal: Refusal, stamp: &Stamp<'_>) -> Self {
        let inner = json!({
            "date": stamp.clock.now().format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": stamp.request_id,
            "client-request-id": stamp.client_request_id.map_or_else(|| stamp.request_id.to_string(), str::to_owned),
        });
        let error = json!({ "code": refusal.code, "message": refusal.message, "innerError": inner });
        let mut answer = Self::value(refusal.status, &json!({ "error": error }));
        answer.headers = refusal.headers;
        answer
    }
}

/// What error bodies and headers say about the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp<'a> {
    pub(crate) clock: &'a Clock,
    pub(crate) request_id: Uuid,
    pub(crate) client_request_id: Option<&'a str>,
}
