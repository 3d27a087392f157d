//! A panic is a bug, but it must cost one invocation and not the process: three crashes and the host gives up for good.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;

use super::answer::refusal;

/// Turns a panic into a 500 with a body.
pub(super) async fn caught(request: Request, next: Next) -> Response {
    AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "a bug was hit: the log says where"))
}

/// Logs where a panic happened, within the span of its invocation; its text stays out, for it may hold anybody's data.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
