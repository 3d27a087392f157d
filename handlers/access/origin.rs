//! Which page a request comes from: a browser names it, and a page can't prevent that.

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};

use crate::App;
use crate::api::ApiError;

/// Refuses what a page of another address sends; a request without an `Origin` comes from no page.
pub(super) fn check(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(public) = &app.settings.public else { return Ok(()) };
    let own = public.url.origin().ascii_serialization();
    let is_own = headers.get_all(ORIGIN).iter().all(|origin| origin.as_bytes() == own.as_bytes());
    if is_own { Ok(()) } else { Err(foreign_page()) }
}

pub(super) fn foreign_page() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "a web page of another address may not call this API",
        "call it from a program or a command line",
    )
}
