//! What of a feed is read at most.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Bytes of a feed, after unpacking.
pub const FEED_BYTES: usize = 10 << 20;

/// The time that the whole download may take.
pub const DOWNLOAD_TIME: Duration = Duration::from_secs(30);

/// Redirects that are followed.
pub const REDIRECTS: usize = 5;

/// Events of a feed, changed occurrences counted too.
pub const EVENTS: usize = 50_000;

/// Bytes of an event's text; a longer one is cut and marked.
pub const BODY_BYTES: usize = 32 << 10;

/// Steps in the search for the occurrences of one series.
pub const OCCURRENCES: usize = 50_000;

/// Steps in all searches of a feed.
pub const ALL_OCCURRENCES: usize = 2_000_000;

/// Steps after which the search for a day that never comes is given up, as the expander does.
pub const VAIN_SEARCH: usize = 100_000;

/// Single events that one series may become.
pub const UNROLLED: usize = 2_000;

/// The years for which a zone that the feed defines is worked out.
pub const ZONE_YEARS: RangeInclusive<i32> = 1900..=2100;

/// Changes of one rule of such a zone.
pub const ZONE_CHANGES: usize = 400;

/// Rules of one such zone.
pub const ZONE_RULES: usize = 64;
