//! Function `sign-in`: how people prove who they are.

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::access::{self, Answer, Back, CSRF_HEADER, Rules, Session};
use crate::api::ApiError;
use crate::host::{Host, Ready};

/// The routes of the function `sign-in`.
pub fn routes() -> Router<Host<App>> {
    let (routes, document) = described().split_for_parts();
    access::guarded(Rules::of("sign-in", &document), routes).layer(from_fn(access::page_headers))
}

/// The document of its routes, which is not served: its answers are for browsers.
#[must_use]
pub fn openapi() -> OpenApi {
    described().into_openapi()
}

fn described() -> OpenApiRouter<Host<App>> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(callback)).routes(routes!(out))
}

/// What a browser shows.
#[derive(Template)]
#[template(path = "sign_in/page.html")]
struct Page {
    title: &'static str,
    text: String,
}

/// A refusal as a page.
struct Refused(ApiError);

impl From<ApiError> for Refused {
    fn from(refusal: ApiError) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (error, fix) = (self.0.error(), self.0.fix());
        let page = Page { title: "You are not signed in", text: format!("{error}. To mend it: {fix}.") };
        access::page(self.0.status(), &page)
    }
}

/// Leads to Microsoft's sign-in page.
#[utoipa::path(get, path = "/start", operation_id = "beginSignIn",
    security(("role" = ["Anyone"])),
    responses((status = 303, description = "To Microsoft's sign-in page")))]
async fn start(Ready(app): Ready<App>) -> Result<Response, Refused> {
    Ok(access::begin_sign_in(&app, Back::Home).await?)
}

/// Takes the browser back from Microsoft's sign-in page.
#[utoipa::path(get, path = "/callback", operation_id = "finishSignIn",
    security(("role" = ["Anyone"])),
    responses((status = 303, description = "Signed in: to where the sign-in began")))]
async fn callback(
    Ready(app): Ready<App>,
    old: Option<Session>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(answer) = answer.unwrap_or_default();
    Ok(access::finish_sign_in(&app, &headers, old, answer).await?)
}

/// Ends the session for good.
///
/// The session's token comes in the header or in the form's field `csrf`.
#[utoipa::path(post, path = "/out", operation_id = "signOut",
    security(("role" = ["Anyone"])),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The session has ended")))]
async fn out(
    Ready(app): Ready<App>,
    session: Session,
    headers: HeaderMap,
    form: Bytes,
) -> Result<Response, Refused> {
    let of_header = headers.get(CSRF_HEADER).and_then(|token| token.to_str().ok());
    let of_form = form_urlencoded::parse(&form).find(|(name, _)| name == "csrf").map(|(_, token)| token);
    access::check_csrf(&session, of_header.or(of_form.as_deref()).unwrap_or_default())?;
    let page = Page { title: "You are signed out", text: "This session is over.".to_owned() };
    Ok((access::end(&app, &session).await?, access::page(StatusCode::OK, &page)).into_response())
}
