//! `GET /health`: whether the handler can work, for load balancers and people.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::host::{Host, Ready};

/// The routes of the function `health`: 200 once the app could be made, 503 before.
///
/// Anybody may ask, so the answer names the version and nothing else; what is wrong stands in the log.
pub fn routes<A: Send + Sync + 'static>() -> Router<Host<A>> {
    Router::new().route("/", get(ready::<A>))
}

/// The document of its route.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(paths(ready))]
struct Document;

/// Says that the handler can work.
#[utoipa::path(get, path = "", operation_id = "getHealth",
    security(("role" = ["Anyone"])),
    responses((status = 200, description = "It can", body = Object)))]
async fn ready<A: Send + Sync + 'static>(_: Ready<A>) -> Json<Value> {
    Json(json!({ "status": "ready", "version": env!("CARGO_PKG_VERSION") }))
}
