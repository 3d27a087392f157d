//! One call of the host: its id for the log, and how long it may take.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use platform::Clock;
use tracing::Span;
use tracing::field::{Empty, display};

use super::trace::Trace;

/// The header that names an invocation; the host sets it on everything it sends.
pub const INVOCATION_ID: &str = "x-azure-functions-invocationid";

/// How long one invocation may take.
///
/// The host kills the whole process, with every other invocation in it, when one reaches `functionTimeout` (`host.json`, 10 min).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// When a handler must stop starting new work: [`Invocation::remaining`] is zero from here on.
    pub budget: Duration,
    /// When a handler that did not stop is cut off.
    pub cut_off: Duration,
    /// When the answer to an HTTP call is given up; the platform's load balancer waits for 230 s.
    pub http: Duration,
}

impl Default for Limits {
    /// Seven minutes to work in, two to finish, one in hand.
    fn default() -> Self {
        Self {
            budget: Duration::from_secs(7 * 60),
            cut_off: Duration::from_secs(9 * 60),
            http: Duration::from_secs(200),
        }
    }
}

/// One call of the host, as its handler sees it.
#[derive(Clone)]
pub struct Invocation {
    /// The function's name: its folder in `function-defs/`.
    pub function: &'static str,
    /// The host's id of this call; `unknown` if what came was none.
    pub id: String,
    /// The trace that the host counts this call to, if it named one.
    pub trace: Option<Trace>,
    span: Span,
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

impl Invocation {
    /// Begins now, with a budget to work in.
    #[must_use]
    pub fn begin(
        function: &'static str,
        headers: &HeaderMap,
        clock: Arc<dyn Clock>,
        budget: Duration,
    ) -> Self {
        let deadline = clock.elapsed().saturating_add(budget);
        let id = token(headers, INVOCATION_ID).unwrap_or_else(|| "unknown".to_owned());
        let trace = Trace::of(headers);
        let span = span(function, &id, trace.as_ref());
        Self { function, id, trace, span, clock, deadline }
    }

    /// Puts an id into every further log line of this call: `tenant`, `hub`, `run` or `request`.
    pub fn concerns(&self, what: &'static str, id: impl Display) -> &Self {
        self.span.record(what, display(id));
        self
    }

    /// How much of the budget is left; zero means: start nothing new, put the rest back on the queue.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_sub(self.clock.elapsed())
    }

    /// Waits until the budget is used up.
    pub async fn used_up(&self) {
        self.clock.sleep(self.remaining()).await;
    }

    /// The span that puts the ids of this call into each of its log lines.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }
}

/// Of the highest level, so that it is there for whatever line is asked for.
fn span(function: &str, id: &str, trace: Option<&Trace>) -> Span {
    let trace_id = trace.map(|trace| trace.trace_id.as_str());
    let span_id = trace.map(|trace| trace.span_id.as_str());
    tracing::error_span!(
        "invocation",
        function,
        invocation = id,
        trace_id,
        span_id,
        tenant = Empty,
        hub = Empty,
        run = Empty,
        request = Empty,
    )
}

fn token(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().and_then(loggable).map(str::to_owned)
}

/// What may go into the log although somebody else wrote it: short, and of letters, digits and hyphens.
pub(super) fn loggable(text: &str) -> Option<&str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    ((1..=64).contains(&text.len()) && is_plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::ManualClock;

    fn begin(headers: &HeaderMap) -> (Invocation, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        (Invocation::begin("gather", headers, clock.clone(), Duration::from_secs(60)), clock)
    }

    #[test]
    fn ids_come_from_the_headers() {
        let mut headers = HeaderMap::new();
        headers.insert(INVOCATION_ID, "6b4cf4a9-4e2e-4b5c-8f2e-1f2c3d4e5f60".parse().unwrap());
        headers.insert(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap(),
        );
        let (cx, _) = begin(&headers);
        assert_eq!(cx.id, "6b4cf4a9-4e2e-4b5c-8f2e-1f2c3d4e5f60");
        assert_eq!(cx.trace.unwrap().span_id, "b7ad6b7169203331");
    }

    #[test]
    fn what_is_no_id_stays_out_of_the_log() {
        for odd in ["", "a person", "x\ty", &"9".repeat(65)] {
            let mut headers = HeaderMap::new();
            headers.insert(INVOCATION_ID, odd.parse().unwrap());
            assert_eq!(begin(&headers).0.id, "unknown");
        }
        assert_eq!(begin(&HeaderMap::new()).0.id, "unknown");
    }

    #[tokio::test]
    async fn the_budget_runs_out() {
        let (cx, clock) = begin(&HeaderMap::new());
        clock.advance(Duration::from_secs(59));
        assert_eq!(cx.remaining(), Duration::from_secs(1));
        clock.advance(Duration::from_secs(2));
        assert_eq!(cx.remaining(), Duration::ZERO);
        cx.used_up().await;
    }
}
