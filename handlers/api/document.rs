//! The OpenAPI document.

use std::sync::Arc;

use axum::{Extension, Json};
use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
    ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::error::ApiError;
use crate::App;
use crate::host::Host;

/// How callers prove who they are, with the roles of which they must hold one; `SignedIn` stands for any.
const ROLE: &str = "role";
/// The roles that may ask for values besides.
const VALUES: &str = "values";

/// The finished document.
#[derive(Clone)]
pub(super) struct Document(Arc<OpenApi>);

impl Document {
    pub fn new(document: OpenApi) -> Self {
        Self(Arc::new(document))
    }
}

/// The version that answers.
#[derive(Serialize, ToSchema)]
pub(super) struct Version {
    /// The program's version.
    version: &'static str,
}

/// What stands in the document besides the routes.
pub(super) fn head() -> OpenApi {
    let about = InfoBuilder::new()
        .title("Wheelhouse")
        .description(Some("Contacts that a company owns, kept current in every colleague's mailbox."))
        .version(env!("CARGO_PKG_VERSION"));
    let token = |about: &str| {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about));
        SecurityScheme::Http(token.build())
    };
    let role = token(
        "An access token of Microsoft Entra for this application with one of the roles named, or the cookie of /sign-in/start; \
         without a public address only the own machine may call.",
    );
    let values = token("The same, with one of the roles that values=true needs.");
    let components = ComponentsBuilder::new()
        .schema(ApiError::name(), ApiError::schema())
        .security_scheme(ROLE, role)
        .security_scheme(VALUES, values);
    OpenApiBuilder::new()
        .info(about.build())
        .servers(Some([ServerBuilder::new().url("/api").build()]))
        .components(Some(components.build()))
        .build()
}

/// Adds to every operation what is the same for all: how it is refused.
pub(super) fn finished(mut routes: OpenApiRouter<Host<App>>) -> OpenApiRouter<Host<App>> {
    for path in routes.get_openapi_mut().paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        operations.into_iter().flatten().for_each(add_refusal);
    }
    routes
}

fn add_refusal(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ApiError::name()))).build();
    let refusal = ResponseBuilder::new()
        .description("It was refused, or failed: what is wrong and what to do")
        .content("application/json", content)
        .build();
    operation.responses.responses.insert("default".into(), refusal.into());
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "getDocument",
    security(("role" = ["SignedIn"])),
    responses((status = 200, description = "The document of this API", body = Object)))]
pub(super) async fn openapi(Extension(Document(document)): Extension<Document>) -> Json<OpenApi> {
    Json(OpenApi::clone(&document))
}

/// The version that answers.
#[utoipa::path(get, path = "/version", operation_id = "getVersion",
    security(("role" = ["SignedIn"])),
    responses((status = 200, description = "The version", body = Version)))]
pub(super) async fn version() -> Json<Version> {
    Json(Version { version: env!("CARGO_PKG_VERSION") })
}
