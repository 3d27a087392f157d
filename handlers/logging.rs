//! The log: one flat JSON object per line on standard output.
//!
//! The Functions host passes each line on without saying which invocation wrote it, so every line carries the fields of its spans
//! beside its own: `function`, `invocation`, `trace_id` and `span_id` where the host named a trace, and where they are known
//! `tenant`, `hub`, `run`, `mailbox` (ids, never a name, an address or a number). All of them: `docs/OBSERVE.md`.
//! Standard output and never standard error: the host takes each line of that for an error.

mod lines;

use std::io;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use lines::Lines;

/// What `RUST_LOG` is taken to be when it is not set.
const DEFAULT: &str = "info";

/// Ours: what these crates log holds no personal data, at any level.
const OURS: [&str; 4] = ["wheelhouse", "connectors", "platform", "sync"];

/// Starts logging to standard output, filtered by `RUST_LOG`.
///
/// # Errors
/// When this process logs already.
pub fn start(rust_log: Option<&str>) -> Result<(), TryInitError> {
    subscriber(rust_log, io::stdout).try_init()
}

/// The log itself, to any writer; a part of `RUST_LOG` that cannot be read is left out.
///
/// Other people's crates are never heard below `info`, whatever `RUST_LOG` says: they log headers and bodies there.
pub fn subscriber<W>(rust_log: Option<&str>, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse_lossy(rust_log.filter(|wanted| !wanted.is_empty()).unwrap_or(DEFAULT));
    tracing_subscriber::registry().with(wanted).with(Lines(writer).with_filter(filter_fn(may_speak)))
}

fn may_speak(what: &Metadata<'_>) -> bool {
    *what.level() <= Level::INFO || is_ours(what)
}

fn is_ours(what: &Metadata<'_>) -> bool {
    OURS.contains(&what.target().split("::").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(rust_log: Option<&str>, speak: impl FnOnce()) -> Vec<serde_json::Value> {
        let paper = Paper::default();
        let writer = paper.clone();
        tracing::subscriber::with_default(subscriber(rust_log, move || writer.clone()), speak);
        let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_carries_its_span() {
        let lines = lines(None, || {
            let outer = tracing::error_span!("invocation", function = "gather", run = tracing::field::Empty);
            outer.record("run", "r1");
            let inner = outer.in_scope(|| tracing::error_span!("mailbox", mailbox = "m1"));
            inner.in_scope(|| tracing::info!(items = 3, complete = true, "gathered"));
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
        let mut line = line.clone();
        line["timestamp"] = "now".into();
        insta::assert_snapshot!(line, @r#"{"complete":true,"function":"gather","items":3,"level":"INFO","mailbox":"m1","message":"gathered","run":"r1","timestamp":"now"}"#);
    }

    #[test]
    fn a_line_stays_small_whatever_is_in_it() {
        let lines = lines(None, || tracing::warn!(reason = %"ä".repeat(10_000), "failed"));
        let reason = lines[0]["reason"].as_str().unwrap();
        assert_eq!((reason.chars().count(), reason.chars().last()), (2_001, Some('…')));
    }

    #[test]
    fn rust_log_is_respected() {
        let speak = || {
            tracing::debug!(target: "connectors::graph", "detail");
            tracing::warn!(target: "sync", "trouble");
        };
        assert_eq!(lines(None, speak).len(), 1);
        assert_eq!(lines(Some("debug"), speak).len(), 2);
        assert_eq!(lines(Some("sync=error,info"), speak).len(), 0);
        assert_eq!(lines(Some("this is = no filter"), speak).len(), 1);
    }

    #[test]
    fn other_crates_stay_quiet_below_info() {
        let speak = || {
            tracing::trace!(target: "hyper::proto", "a whole body");
            tracing::info!(target: "azure_core", "a fact");
        };
        let lines = lines(Some("trace"), speak);
        assert_eq!((lines.len(), &lines[0]["target"]), (1, &"azure_core".into()), "and says who speaks");
    }
}
