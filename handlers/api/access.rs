//! Who may call the API.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::access::Caller;
use crate::host::is_local;

/// Lets a call pass, or says how it may.
pub(super) async fn check(mut request: Request, next: Next) -> Response {
    match refusal(request.headers()) {
        None => {
            request.extensions_mut().insert(Caller::on_this_machine());
            next.run(request).await
        }
        Some(refusal) => refused(refusal),
    }
}

/// This machine is let in, but no web page that is shown on it.
fn refusal(headers: &HeaderMap) -> Option<ApiError> {
    if !is_local(headers) {
        return Some(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "without a public address this API answers its own machine only",
            "set WHEELHOUSE_PUBLIC_URL, and sign in",
        ));
    }
    is_from_a_page(headers).then(|| {
        ApiError::new(
            StatusCode::FORBIDDEN,
            "a web page of another address may not call this API",
            "call it from a program or a command line",
        )
    })
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
