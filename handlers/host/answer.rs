//! What the Functions host is told at the end of an invocation.
//!
//! A 2xx answer without a JSON body is never completed by the host: it waits until its time-out and then kills the whole
//! handler. So every answer leaves through this file, and every one has a body.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why an invocation did not do its work, and what becomes of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    fate: Fate,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Retry,
    DeadLettered,
}

impl Failure {
    /// The work may succeed later: the host hands the message out again, and after its last attempt to the poison function.
    ///
    /// The reason goes into the log: ids are fine in it, personal data is not.
    pub fn retry(reason: impl fmt::Display) -> Self {
        Self { fate: Fate::Retry, reason: reason.to_string() }
    }

    /// The message can never succeed and **has been recorded** as a dead letter: the host is told to drop it.
    ///
    /// The reason goes into the log: ids are fine in it, personal data is not.
    pub fn dead_lettered(reason: impl fmt::Display) -> Self {
        Self { fate: Fate::DeadLettered, reason: reason.to_string() }
    }

    /// Whether the host will hand the message out again.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        self.fate == Fate::Retry
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

/// The answer to an envelope; a failure is logged first, because the host reads nothing of an answer that is not 2xx.
pub fn answer(outcome: Result<(), Failure>) -> Response {
    match outcome {
        Ok(()) => done(),
        Err(failure) if failure.is_retry() => {
            tracing::error!(reason = %failure, "failed, to be retried");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "failed")
        }
        Err(failure) => {
            tracing::warn!(reason = %failure, "recorded as a dead letter");
            done()
        }
    }
}

/// Success: the smallest body that the host accepts.
fn done() -> Response {
    Json(json!({})).into_response()
}

/// A refusal with a JSON body, `{"error": …}`.
pub fn refusal(status: StatusCode, error: impl fmt::Display) -> Response {
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_answer_has_a_json_body() {
        for outcome in
            [Ok(()), Err(Failure::dead_lettered("future version")), Err(Failure::retry("store down"))]
        {
            let response = answer(outcome);
            assert_eq!(response.headers()["content-type"], "application/json");
            assert!(body(response).await.starts_with('{'));
        }
    }

    #[test]
    fn only_a_retry_is_not_2xx() {
        assert!(answer(Ok(())).status().is_success());
        assert!(answer(Err(Failure::dead_lettered("x"))).status().is_success());
        assert_eq!(answer(Err(Failure::retry("x"))).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
