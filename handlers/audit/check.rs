//! Whether a log is whole: every entry in its place, unchanged, and the last one there.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use super::chain::{NOTHING, hash};
use crate::tables::{Entry, Head, Log};

/// What is wrong with a log, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Broken {
    /// The number of the first entry that is not as it was appended.
    pub number: u64,
    /// What is wrong there.
    pub what: What,
}

/// What can be wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// It is not there, but later ones are.
    Missing,
    /// It does not open: damaged, or moved there from another place.
    Unreadable,
    /// Its content does not have its hash.
    Altered,
    /// It is another entry than the one that belongs there: reordered, or put in again.
    Misplaced,
    /// It is of another log.
    Foreign,
    /// It does not follow the entry before: that one, or both, were written anew.
    Unchained,
    /// The log was longer: this entry and all after it are gone.
    CutOff,
    /// The mark of the log's end is gone or does not belong to the entry that it names.
    Unmarked,
    /// It is not the entry that was exported under this number.
    NotAsExported,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match self.what {
            What::Missing => write!(f, "entry {number} is missing"),
            What::Unreadable => write!(f, "entry {number} does not open: it was damaged or moved"),
            What::Altered => write!(f, "entry {number} was altered: its content does not have its hash"),
            What::Misplaced => write!(f, "another entry stands in the place of entry {number}"),
            What::Foreign => write!(f, "entry {number} belongs to another log"),
            What::Unchained => {
                write!(f, "entry {number} does not follow the one before: one of them was replaced")
            }
            What::CutOff => write!(f, "entry {number} and all that followed are cut off"),
            What::Unmarked => write!(f, "the mark of the log's end does not fit entry {number}"),
            What::NotAsExported => write!(f, "entry {number} is not the one that was exported"),
        }
    }
}

/// How far a log was found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    log: String,
    /// The newest entry that was looked at.
    pub end: Head,
}

impl Checked {
    /// Nothing of it was looked at yet.
    pub fn nothing(log: &Log) -> Self {
        Self { log: log.name().to_owned(), end: Head { number: 0, hash: NOTHING.to_owned() } }
    }

    /// Begins in the middle: the first entry is taken to follow rightly.
    pub fn before(entry: &Entry) -> Self {
        let end = Head { number: entry.number.saturating_sub(1), hash: entry.previous.clone() };
        Self { log: entry.log.clone(), end }
    }

    /// The number that is next.
    pub fn next(&self) -> u64 {
        self.end.number + 1
    }

    /// Goes on by one entry, if it is the one that follows.
    pub fn go_on(&mut self, entry: &Entry) -> Result<(), Broken> {
        let number = self.next();
        let wrong = if entry.log != self.log {
            Some(What::Foreign)
        } else if entry.number != number {
            Some(What::Misplaced)
        } else if hash(entry) != entry.hash {
            Some(What::Altered)
        } else if entry.previous != self.end.hash {
            Some(What::Unchained)
        } else {
            None
        };
        if let Some(what) = wrong {
            return Err(Broken { number, what });
        }
        self.end = Head { number, hash: entry.hash.clone() };
        Ok(())
    }
}
