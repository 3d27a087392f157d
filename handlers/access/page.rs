//! Pages: how they are made, and what every one of them carries. All extend `base.html`.

use askama::Template;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::host::refusal;

/// The look of all pages, served at `/consent/style.css`.
pub(crate) const STYLE: &str = include_str!("style.css");

/// No script, nothing from elsewhere, in nobody's frame, and no form.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
/// The same with forms: what answers one may lead on to Microsoft's pages, which some browsers hold against any `form-action`.
const POLICY_WITH_FORMS: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Addresses of ours go to nobody else; `no-referrer` would make browsers send `Origin: null` with our own forms.
const HEADERS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

/// A page as an answer.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => headed((status, Html(text)).into_response(), POLICY),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made")
        }
    }
}

/// A middleware that gives every answer of a function the headers of a page without forms.
pub async fn page_headers(request: Request, next: Next) -> Response {
    headed(next.run(request).await, POLICY)
}

/// The same for a function some of whose pages have forms.
pub async fn form_headers(request: Request, next: Next) -> Response {
    headed(next.run(request).await, POLICY_WITH_FORMS)
}

fn headed(mut response: Response, policy: &'static str) -> Response {
    for (name, value) in HEADERS.into_iter().chain([(CONTENT_SECURITY_POLICY, policy)]) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
