//! How much was asked of Graph.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::http::Answer;

/// What was asked of Graph, and what it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests, those within a batch one by one, as Graph counts them; repetitions too.
    pub requests: u64,
    /// Those of them that came too soon after others: 429.
    pub throttled: u64,
    /// Bytes of bodies, sent and received.
    pub bytes: u64,
}

/// Counts traffic from wherever it is seen.
#[derive(Default)]
pub(super) struct Meter {
    requests: AtomicU64,
    throttled: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    /// An exchange: so many requests at once, the bytes that were sent, and what came back for all of them.
    pub(super) fn note(&self, requests: u64, sent: usize, answer: &Answer) {
        self.requests.fetch_add(requests, Relaxed);
        self.bytes.fetch_add((sent + answer.body.len()) as u64, Relaxed);
        if answer.status == 429 {
            self.throttled.fetch_add(requests, Relaxed);
        }
    }

    /// What came back for the single requests of a batch.
    pub(super) fn note_parts<'a>(&self, answers: impl IntoIterator<Item = &'a Answer>) {
        let throttled = answers.into_iter().filter(|answer| answer.status == 429).count();
        self.throttled.fetch_add(throttled as u64, Relaxed);
    }

    /// All of it so far.
    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }
}
