//! A panic leaves its place in the log and nothing of its text. (Alone in its file: the hook is the process's.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use wheelhouse::{host, logging};

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_logged_without_its_text() {
    let paper = Paper::default();
    let writer = paper.clone();
    host::log_panics();
    let outcome =
        tracing::subscriber::with_default(logging::subscriber(None, move || writer.clone()), || {
            let span = tracing::info_span!("invocation", function = "gather");
            std::panic::catch_unwind(AssertUnwindSafe(|| span.in_scope(|| panic!("a person's name"))))
        });
    drop(std::panic::take_hook());
    assert!(outcome.is_err());
    let line = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(line["place"].as_str().unwrap().starts_with("tests/host_panics.rs:"), "{line}");
    assert_eq!(line["function"], "gather");
    assert!(!line.to_string().contains("person"));
}
