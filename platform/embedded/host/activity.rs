//! Counts what runs, so that one can wait for the end of it.

use tokio::sync::watch;

/// What has begun, and what of it still runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub started: u64,
    pub running: u64,
}

/// The invocations of a host.
#[derive(Debug, Default)]
pub(super) struct Activity(watch::Sender<Counts>);

impl Activity {
    /// Counts an invocation until what this returns is dropped.
    pub(super) fn begin(&self) -> Running<'_> {
        self.0.send_modify(|counts| {
            counts.started += 1;
            counts.running += 1;
        });
        Running(self)
    }

    /// Follows the counts.
    pub(super) fn watch(&self) -> watch::Receiver<Counts> {
        self.0.subscribe()
    }
}

/// An invocation that runs.
pub(super) struct Running<'a>(&'a Activity);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|counts| counts.running -= 1);
    }
}
