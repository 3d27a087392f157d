//! Who may call the API, until sign-in exists.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::error::ApiError;
use crate::config::Hidden;
use crate::host::is_local;

/// Lets a call pass, or says how it may.
pub(super) async fn check(token: Option<Hidden>, request: Request, next: Next) -> Response {
    match refusal(token.as_ref(), request.headers()) {
        None => next.run(request).await,
        Some(refusal) => refused(refusal),
    }
}

/// With a token everybody needs it; without one this machine is let in, but no web page that is shown on it.
fn refusal(token: Option<&Hidden>, headers: &HeaderMap) -> Option<ApiError> {
    match token {
        Some(token) if shows(token, headers) => None,
        Some(_) => Some(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "this API needs its token",
            "send the header `Authorization: Bearer …` with the value of the setting WHEELHOUSE_API_TOKEN",
        )),
        None if !is_local(headers) => Some(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "without a token this API answers its own machine only",
            "set WHEELHOUSE_API_TOKEN to 32 characters or more, and send it as `Authorization: Bearer …`",
        )),
        None if is_from_a_page(headers) => Some(ApiError::new(
            StatusCode::FORBIDDEN,
            "a web page of another address may not call this API",
            "call it from a program or a command line",
        )),
        None => None,
    }
}

fn shows(token: &Hidden, headers: &HeaderMap) -> bool {
    let shown = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let Some((scheme, shown)) = shown.split_at_checked(b"Bearer ".len()) else { return false };
    scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(shown.ct_eq(token.expose().as_bytes()))
}

/// A browser names the page that a call comes from, and a page can't prevent it.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let origin = headers.get(ORIGIN).is_some_and(|origin| {
        let named = origin.to_str().ok().and_then(|origin| Some(origin.split_once("://")?.1));
        named.is_none() || named != text(HOST)
    });
    let site = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    origin || site
}

fn refused(refusal: ApiError) -> Response {
    let mut response = refusal.into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
