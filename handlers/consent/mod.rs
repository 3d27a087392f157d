//! Function `consent`: what Wheelhouse asks a tenant for, in words, and the way to agree to it.
//!
//! Nothing in the address of `consent/callback` is believed: what was agreed to stands in a record of the session, who agreed
//! is known from the sign-in, and that it was granted is proven by a token of the tenant.

mod callback;
mod connected;
mod exchange;
mod pages;
mod pending;
mod permissions;
mod prove;
mod start;

use axum::Router;
use axum::middleware::from_fn;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::access::{self, Rules};
use crate::host::Host;

pub use pending::{PENDING, Pending};
pub use permissions::{PERMISSIONS, Permission, TEXT_VERSION, table};

/// The routes of the function `consent`.
pub fn routes() -> Router<Host<App>> {
    let (routes, document) = described().split_for_parts();
    access::guarded(Rules::of("consent", &document), routes).layer(from_fn(access::form_headers))
}

/// What they are, with the roles that each asks for.
#[must_use]
pub fn openapi() -> OpenApi {
    described().into_openapi()
}

fn described() -> OpenApiRouter<Host<App>> {
    OpenApiRouter::new()
        .routes(routes!(start::show, start::agree))
        .routes(routes!(start::sign_in))
        .routes(routes!(callback::finish))
        .routes(routes!(connected::show))
        .routes(routes!(connected::reach))
        .routes(routes!(pages::style))
}
