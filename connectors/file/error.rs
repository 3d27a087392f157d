//! What went wrong with a feed, by what the caller does about it.

use std::fmt;
use std::time::Duration;

/// What the caller does about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Trouble that passes by itself: try again, not before `after` if the server named a time.
    Retry {
        /// The wait that the server asked for.
        after: Option<Duration>,
    },
    /// The feed can't be had as it is set up: an administrator has to look at it.
    Refused,
    /// What came is no calendar, or is damaged.
    Unreadable,
}

/// A feed that could not be read. It holds no address: a feed's URL may carry its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    why: String,
}

impl Error {
    pub(super) fn retry(why: impl Into<String>, after: Option<Duration>) -> Self {
        Error { kind: Kind::Retry { after }, why: why.into() }
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Error { kind: Kind::Refused, why: why.into() }
    }

    pub(super) fn unreadable(why: impl Into<String>) -> Self {
        Error { kind: Kind::Unreadable, why: why.into() }
    }

    /// What the caller does about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the calendar feed: {}", self.why)
    }
}

impl std::error::Error for Error {}
