//! Remembering all traffic, for tests that check it; off until asked for.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::state::lock;

/// One request and its answer; items of a batch are recorded one by one, and so is the batch itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// The path below `/v1.0`, with its query.
    pub path: String,
    /// Whether it was an item of a batch.
    pub item: bool,
    /// The request body, as text; empty when there was none.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The answer's body, as text; empty when there was none.
    pub answer: String,
}

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    on: AtomicBool,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Recorder {
    pub(crate) fn turn(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, exchange: Exchange) {
        lock(&self.exchanges).push(exchange);
    }

    /// All that was recorded since the last call.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut lock(&self.exchanges))
    }
}
