//! What all functions share: the app, made when it is first needed, the clock and the limits.

use std::error::Error;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use futures::future::BoxFuture;
use platform::Clock;
use tokio::sync::OnceCell;

use super::answer::refusal;
use super::invocation::Limits;

/// Why the app could not be made; no personal data, no secret.
pub type StartError = Box<dyn Error + Send + Sync>;

type Start<A> = dyn Fn() -> BoxFuture<'static, Result<Arc<A>, StartError>> + Send + Sync;

/// The state of the router: cheap to clone.
///
/// The app is made by the first call that needs it, so that the port answers at once after the start; while making it
/// fails, calls fail, and each tries again.
pub struct Host<A> {
    app: Arc<OnceCell<Arc<A>>>,
    start: Arc<Start<A>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
}

impl<A> Clone for Host<A> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            start: self.start.clone(),
            clock: self.clock.clone(),
            limits: self.limits,
        }
    }
}

impl<A: Send + Sync + 'static> Host<A> {
    /// A host whose app is made by `start`.
    pub fn new<F, Fut>(clock: Arc<dyn Clock>, limits: Limits, start: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<A>, StartError>> + Send + 'static,
    {
        let start = Arc::new(move || -> BoxFuture<'static, _> { Box::pin(start()) });
        Self { app: Arc::default(), start, clock, limits }
    }

    /// The app, made now if it was not made before.
    ///
    /// # Errors
    /// What `start` says; the next call tries again.
    pub async fn app(&self) -> Result<Arc<A>, StartError> {
        self.app.get_or_try_init(|| (self.start)()).await.cloned()
    }
}

/// The app, as an argument of an HTTP handler; while it cannot be made the caller gets 503.
pub struct Ready<A>(pub Arc<A>);

impl<A: Send + Sync + 'static> FromRequestParts<Host<A>> for Ready<A> {
    type Rejection = Response;

    async fn from_request_parts(_: &mut Parts, host: &Host<A>) -> Result<Self, Response> {
        host.app().await.map(Self).map_err(|error| {
            tracing::error!(%error, "the app cannot start");
            refusal(StatusCode::SERVICE_UNAVAILABLE, "starting: the log says what is missing")
        })
    }
}
