//! Function `sign-in`: how people prove who they are.

use axum::Router;
use axum::extract::Form;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::access::{self, Back, Rules, Session};
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
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(out))
}

/// Leads to Microsoft's sign-in page.
#[utoipa::path(get, path = "/start", operation_id = "beginSignIn",
    security(("role" = ["Anyone"])),
    responses((status = 303, description = "To Microsoft's sign-in page")))]
async fn start(Ready(app): Ready<App>) -> Result<Response, ApiError> {
    access::begin_sign_in(&app, Back::Home).await
}

/// The form of the button "Sign out".
#[derive(Deserialize, ToSchema)]
struct SignOut {
    /// The session's token.
    #[serde(default)]
    csrf: String,
}

/// Ends the session for good.
#[utoipa::path(post, path = "/out", operation_id = "signOut",
    security(("role" = ["Anyone"])),
    responses((status = 200, description = "The session has ended")))]
async fn out(
    Ready(app): Ready<App>,
    session: Session,
    Form(form): Form<SignOut>,
) -> Result<Response, ApiError> {
    access::check_csrf(&session, &form.csrf)?;
    Ok((access::end(&app, &session).await?, Html("signed out")).into_response())
}
