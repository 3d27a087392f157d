//! Function `api`: hubs, runs, held plans and previews as JSON, with an OpenAPI document.
//!
//! One list makes both the routes and the document, so that neither can say what the other does not.

mod at;
mod audit;
mod checks;
mod cleanup;
mod dead_letters;
mod decide;
mod document;
mod error;
mod files;
mod filters;
mod held;
mod hubs;
mod items;
mod licence;
mod me;
mod params;
mod plan;
mod preview;
mod privacy;
mod progress;
mod reach;
mod read;
mod rulings;
mod run;
mod runs;
mod schema;
mod send;
mod tenants;

use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::access::{self, Rules};
use crate::host::Host;

pub(crate) use error::ApiError;
pub(crate) use params::Params;

/// The routes of the function `api`.
pub fn routes() -> Router<Host<App>> {
    let (routes, document) = described().split_for_parts();
    let rules = Rules::of("api", &document);
    access::guarded(rules, routes.layer(Extension(document::Document::new(document))))
}

/// The OpenAPI document: what `GET /api/openapi.json` answers.
#[must_use]
pub fn openapi() -> OpenApi {
    described().into_openapi()
}

fn described() -> OpenApiRouter<Host<App>> {
    let listed = OpenApiRouter::with_openapi(document::head())
        .routes(routes!(document::openapi))
        .routes(routes!(document::version))
        .routes(routes!(me::get))
        .routes(routes!(tenants::list))
        .routes(routes!(tenants::get, tenants::connect))
        .routes(routes!(plan::set))
        .routes(routes!(plan::set_retention))
        .routes(routes!(reach::check))
        .routes(routes!(licence::get))
        .routes(routes!(dead_letters::list))
        .routes(routes!(audit::export))
        .routes(routes!(audit::verify))
        .routes(routes!(audit::people))
        .routes(routes!(hubs::list))
        .routes(routes!(hubs::get, hubs::put, hubs::delete))
        .routes(routes!(hubs::validate))
        .routes(routes!(run::start))
        .routes(routes!(preview::preview))
        .routes(routes!(held::list))
        .routes(routes!(decide::approve))
        .routes(routes!(decide::reject))
        .routes(routes!(runs::list))
        .routes(routes!(progress::get))
        .routes(routes!(rulings::list))
        .routes(routes!(rulings::restore))
        .routes(routes!(items::get))
        .routes(routes!(filters::preview))
        .routes(routes!(cleanup::start))
        .routes(routes!(privacy::export))
        .routes(routes!(privacy::erase))
        .routes(routes!(privacy::correct))
        .routes(routes!(privacy::report))
        .routes(routes!(privacy::erased))
        .routes(routes!(privacy::lift))
        .routes(routes!(privacy::forget))
        .routes(routes!(privacy::forgotten))
        .routes(routes!(privacy::list))
        .routes(routes!(privacy::get))
        .routes(routes!(privacy::document));
    let large =
        OpenApiRouter::new().routes(routes!(files::put)).layer(DefaultBodyLimit::max(files::FILE_BYTES));
    document::finished(listed.merge(large))
}
