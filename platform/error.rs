//! What can go wrong in any port, by what the caller does about it.

use std::error::Error as StdError;

/// The result of every call to a port.
pub type Result<T> = std::result::Result<T, Error>;

/// What the caller does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The value changed, or appeared, since it was read: read it again and decide anew.
    Conflict,
    /// Somebody else holds the lease, or ours was lost: stop, and come back later.
    Taken,
    /// What the call names is not there any more: a receipt, a secret, a forgotten tenant's data key.
    Gone,
    /// The input breaks a limit of the port: a mistake in the caller or in the configuration, never worth a retry.
    Refused,
    /// The bytes are there but cannot be read: damaged, moved, or written by another version. Somebody must look.
    Unreadable,
    /// The service or the disk did not do it, after retries: try again later.
    Unavailable,
}

/// A failed call to a port.
///
/// The message says what was tried, where, and what to do. It holds ids and key names, never contents.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error of a kind with its message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the caller does about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// Shorthand for the kind used most by checks of input.
pub(crate) fn refused(message: impl Into<String>) -> Error {
    Error::new(Kind::Refused, message)
}
