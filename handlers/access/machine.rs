//! A Wheelhouse without a public address: its own machine is let in, but no web page that is shown on it.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};

use super::origin::foreign_page;
use crate::api::ApiError;
use crate::host::is_local;

pub(super) fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    if !is_local(headers) {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "without a public address this API answers its own machine only",
            "set WHEELHOUSE_PUBLIC_URL, and sign in",
        ));
    }
    if is_from_a_page(headers) { Err(foreign_page()) } else { Ok(()) }
}

fn is_from_a_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let origin = headers.get(ORIGIN).is_some_and(|origin| {
        let named = origin.to_str().ok().and_then(|origin| Some(origin.split_once("://")?.1));
        named.is_none() || named != text(HOST)
    });
    let site = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    origin || site
}
