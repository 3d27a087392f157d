//! iCalendar feeds: the events of an `.ics` file, from an address or uploaded.
//!
//! A feed is read as a whole or not at all; what of it can't be held is told event by event, and never spoils the
//! others.

mod error;
mod fetch;
mod guard;
mod ics;
pub mod limits;
mod refused;
mod sign_in;
mod unpack;

pub use error::{Error, Kind};
pub use fetch::{Feed, Round};
pub use guard::{Guard, Target};
pub use refused::{Refused, Rule, Why};
pub use sign_in::SignIn;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sync::Content;
use url::Url;

/// Where a feed is.
#[derive(Clone)]
pub enum Location {
    /// At an address, which may carry a secret; some servers want to know who asks.
    Url(Url, Option<SignIn>),
    /// In an uploaded file, packed by gzip or not.
    Bytes(Vec<u8>),
}

/// How a feed is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The zone of times that name none, in a feed that names none for them either.
    pub time_zone: Tz,
    /// Whether a recurrence that a mailbox can't hold becomes single events within the window.
    pub unroll: bool,
    /// From when until when single events are made.
    pub window: (DateTime<Utc>, DateTime<Utc>),
}

/// By what a feed was known when it was last read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// The server's `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The server's `Last-Modified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// With which options, at which address and by which version of the reader: with others, it is read anew.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
}

/// The events of a feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// Each event, as it stands in the feed, by its UID; occurrences that stand alone by their UID and day.
    pub items: BTreeMap<String, Content>,
    /// The events that were left out.
    pub refused: Vec<Refused>,
    /// The UIDs of events whose text was cut.
    pub cut: BTreeSet<String>,
    /// Whether the feed goes on to its proper end: what is missing from another need not be gone.
    pub complete: bool,
}
