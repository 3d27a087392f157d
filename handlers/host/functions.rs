//! Turns plain async functions into the routes that the Functions host calls.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tracing::Instrument;

use super::answer::{Failure, answer, refusal};
use super::envelope::{BadEnvelope, QueueMessage, TimerTick};
use super::invocation::{Invocation, loggable};
use super::origin::check_envelope;
use super::panics;
use super::state::Host;

/// The largest envelope: a message of 64 KiB grows about sevenfold by escaping, and the host may copy it into the metadata.
const ENVELOPE_BYTES: usize = 2 * 1024 * 1024;

/// The functions of a binary, collected one by one.
pub struct Functions<A> {
    host: Host<A>,
    router: Router<Host<A>>,
}

impl<A: Send + Sync + 'static> Functions<A> {
    /// No function yet; the host's readiness poll on `/` is answered.
    #[must_use]
    pub fn new(host: Host<A>) -> Self {
        Self { host, router: Router::new().route("/", get(|| async { answer(Ok(())) })) }
    }

    /// Adds a function that a timer starts.
    #[must_use]
    pub fn timer<F, Fut>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(Arc<A>, TimerTick, Invocation) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.envelope(name, TimerTick::decode, run)
    }

    /// Adds a function that a queue's message starts.
    #[must_use]
    pub fn queue<F, Fut>(self, name: &'static str, run: F) -> Self
    where
        F: Fn(Arc<A>, QueueMessage, Invocation) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.envelope(name, QueueMessage::decode, run)
    }

    /// Adds a function that answers HTTP calls under `/{name}`, with bodies of at most `body_bytes`.
    ///
    /// Its handlers reach the app by [`Ready`](super::Ready), its middleware by the extension [`Host`], both the call by the
    /// extension [`Invocation`].
    #[must_use]
    pub fn http(mut self, name: &'static str, body_bytes: usize, routes: Router<Host<A>>) -> Self {
        let routes = routes
            .fallback(unknown)
            .layer(from_fn_with_state((name, self.host.clone()), within_invocation::<A>))
            .layer(DefaultBodyLimit::max(body_bytes));
        self.router = self.router.nest(&format!("/{name}"), routes);
        self
    }

    /// The whole router: what is not a function is 404, what panics is 500.
    pub fn into_router(self) -> Router {
        self.router.fallback(no_function).layer(from_fn(panics::caught)).with_state(self.host)
    }

    fn envelope<M, F, Fut>(mut self, name: &'static str, decode: Decode<M>, run: F) -> Self
    where
        M: Send + 'static,
        F: Fn(Arc<A>, M, Invocation) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let call = move |State(host): State<Host<A>>, uri: Uri, headers: HeaderMap, body: Bytes| {
            let cx = Invocation::begin(name, &headers, host.clock.clone(), host.limits.budget);
            let span = cx.span();
            async move {
                match check_envelope(&uri, &headers).and_then(|()| decode(&body)) {
                    Ok(input) => answer(within_limit(&host, run, input, cx).await),
                    Err(bad) => refused(&bad),
                }
            }
            .instrument(span)
        };
        let route = post(call).layer(DefaultBodyLimit::max(ENVELOPE_BYTES));
        self.router = self.router.route(&format!("/{name}"), route);
        self
    }
}

type Decode<M> = fn(&[u8]) -> Result<M, BadEnvelope>;

/// Runs a handler, and gives up before the host would kill everybody.
async fn within_limit<A, M, F, Fut>(host: &Host<A>, run: F, input: M, cx: Invocation) -> Result<(), Failure>
where
    A: Send + Sync + 'static,
    F: Fn(Arc<A>, M, Invocation) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let work = async {
        let app =
            host.app().await.map_err(|error| Failure::retry(format!("the app cannot start: {error}")))?;
        run(app, input, cx).await
    };
    tokio::select! {
        outcome = work => outcome,
        () = host.clock.sleep(host.limits.cut_off) => Err(Failure::retry("cut off: it ran past its budget")),
    }
}

fn refused(bad: &BadEnvelope) -> Response {
    tracing::error!(reason = %bad, "refused");
    refusal(StatusCode::BAD_REQUEST, bad)
}

/// A function that is declared but not in this binary ends here.
async fn no_function(uri: Uri) -> Response {
    let name = loggable(uri.path().trim_start_matches('/')).unwrap_or("unknown");
    tracing::warn!(function = name, "there is no such function");
    unknown().await
}

async fn unknown() -> Response {
    refusal(StatusCode::NOT_FOUND, "there is nothing here")
}

/// Gives an HTTP call its invocation, its log span and its time limit.
async fn within_invocation<A: Send + Sync + 'static>(
    State((name, host)): State<(&'static str, Host<A>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let cx = Invocation::begin(name, request.headers(), host.clock.clone(), host.limits.http);
    let span = cx.span();
    request.extensions_mut().insert(cx.clone());
    request.extensions_mut().insert(host);
    let call = async {
        tokio::select! {
            response = next.run(request) => response,
            () = cx.used_up() => refusal(StatusCode::GATEWAY_TIMEOUT, "this took too long and was given up"),
        }
    };
    call.instrument(span).await
}
