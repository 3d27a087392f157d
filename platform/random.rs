//! The port `Random`: chance as a parameter.

use std::sync::atomic::{AtomicU64, Ordering};

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use uuid::{Builder, Uuid};

/// Where random bytes come from.
pub trait Random: Send + Sync {
    /// Fills a buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);

    /// Makes a random (version 4) UUID.
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The operating system's cryptographic randomness.
#[derive(Debug, Clone)]
pub struct RealRandom(SystemRandom);

impl RealRandom {
    /// Asks the operating system; only `main` and tests do this.
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for RealRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for RealRandom {
    /// Ends the process if the system has no randomness: a repeated nonce would open every sealed value.
    fn fill(&self, buffer: &mut [u8]) {
        if self.0.fill(buffer).is_err() {
            tracing::error!("the operating system gives no random bytes: stopping");
            std::process::abort();
        }
    }
}

/// The same bytes for the same seed: for tests and the demo, never for real secrets.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// Starts the sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    fn block(&self) -> [u8; 32] {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let input = [self.seed.to_be_bytes(), number.to_be_bytes()].concat();
        let mut block = [0; 32];
        block.copy_from_slice(digest(&SHA256, &input).as_ref());
        block
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            chunk.iter_mut().zip(self.block()).for_each(|(to, from)| *to = from);
        }
    }
}
