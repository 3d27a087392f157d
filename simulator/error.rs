//! What can go wrong outside of the simulated world.

use std::fmt::Display;
use std::net::SocketAddr;

/// Why the simulator, or an edit to its world, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The port could not be bound.
    Bind,
    /// The key that signs tokens could not be made.
    Key,
    /// An edit that a real directory or mailbox would not take, or that names nothing.
    Edit,
    /// A file that cannot be read or is not what it should be; nothing was imported.
    File,
}

impl Error {
    /// What kind of error this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn bind(address: SocketAddr, why: &impl Display) -> Self {
        Self {
            kind: ErrorKind::Bind,
            message: format!("cannot listen on {address}: {why}; choose another port"),
        }
    }

    pub(crate) fn key(why: &impl Display) -> Self {
        Self { kind: ErrorKind::Key, message: format!("no key to sign tokens with: {why}; try again") }
    }

    pub(crate) fn edit(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Edit, message: message.into() }
    }

    pub(crate) fn file(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::File, message: message.into() }
    }
}
