//! `GET /health`: whether the handler can work, for load balancers and people.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::host::{Host, Ready};

/// The routes of the function `health`: 200 once the app could be made, 503 before.
///
/// Anybody may ask, so the answer names the version and nothing else; what is wrong stands in the log.
pub fn routes<A: Send + Sync + 'static>() -> Router<Host<A>> {
    Router::new().route("/", get(|_: Ready<A>| async { Json(ready()) }))
}

fn ready() -> Value {
    json!({ "status": "ready", "version": env!("CARGO_PKG_VERSION") })
}
