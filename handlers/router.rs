//! Which functions this binary has.

use std::sync::Arc;

use axum::Router;
use platform::Clock;

use crate::config::Settings;
use crate::host::{Functions, Host, Limits};
use crate::{
    App, api, consent, gather, health, poison, privacy, purge, rotate, schedule, sign_in, sync_mailbox,
};

/// The largest body of a page's form.
const FORM: usize = 16 * 1024;
/// The largest body of `/health`, which takes none.
const NO_BODY: usize = 1024;

/// Every function of the deployed binary, by the name of its folder in `function-defs/`.
pub fn router(settings: Settings, clock: Arc<dyn Clock>) -> Router {
    let of_app = Arc::clone(&clock);
    let body_bytes = settings.http.body_bytes;
    let host = Host::new(clock, Limits::default(), move || {
        let app = App::open(settings.clone(), Arc::clone(&of_app));
        async move { app.await.map(Arc::new) }
    });
    Functions::new(host)
        .timer("schedule", schedule::run)
        .queue("gather", gather::run)
        .queue("gather-poison", poison::gather)
        .queue("sync-mailbox", sync_mailbox::run)
        .queue("sync-mailbox-poison", poison::sync_mailbox)
        .queue("privacy", privacy::run)
        .queue("privacy-poison", poison::privacy)
        .timer("purge", purge::run)
        .timer("rotate", rotate::run)
        .http("api", body_bytes, api::routes())
        .http("sign-in", FORM, sign_in::routes())
        .http("consent", FORM, consent::routes())
        .http("health", NO_BODY, health::routes())
        .into_router()
}
