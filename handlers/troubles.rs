//! What timers do for all tenants: one's trouble stops no other.

use std::fmt::Display;

use crate::host::Failure;

/// Counts what failed while the rest went on.
#[derive(Default)]
pub(crate) struct Troubles(usize);

impl Troubles {
    /// Tells of what failed for a tenant.
    pub fn note(&mut self, tenant: impl Display, done: Result<(), Failure>) {
        if let Err(failure) = done {
            tracing::error!(%tenant, reason = %failure, "tenant passed over");
            self.0 += 1;
        }
    }

    /// Fails if anything did, so that somebody looks.
    pub fn end(self) -> Result<(), Failure> {
        match self.0 {
            0 => Ok(()),
            times => Err(Failure::retry(format!("passed over {times} times; see the log above for whom"))),
        }
    }
}
