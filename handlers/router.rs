//! Which functions this binary has.

use std::sync::Arc;

use axum::Router;
use platform::RealClock;

use crate::config::Settings;
use crate::health;
use crate::host::{Functions, Host, Limits};

/// The largest body of `/health`, which takes none.
const NO_BODY: usize = 1024;

/// Every function of the deployed binary, by the name of its folder in `function-defs/`.
pub fn router(settings: Settings) -> Router {
    let host = Host::new(Arc::new(RealClock::new()), Limits::default(), move || {
        let settings = Arc::new(settings.clone());
        async move { Ok(settings) }
    });
    Functions::new(host).http("health", NO_BODY, health::routes()).into_router()
}
