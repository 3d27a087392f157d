//! Fuzz target: a feed that is broken in any way, or means harm, is read in its parts or refused; nothing panics, nothing hangs.
//!
//! Seconds here; longer by `PROPTEST_CASES=100000 cargo test -p connectors --test fuzz_calendars`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use chrono_tz::Tz;
use connectors::file::{Feed, Guard, Location, Marks, Options, Round};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Stands where personal data does: no refusal may repeat it.
const MARK: &str = "Ana-Kos-4315550100";

const LINES: [&str; 34] = [
    "BEGIN:VCALENDAR",
    "END:VCALENDAR",
    "VERSION:2.0",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "BEGIN:VTIMEZONE",
    "END:VTIMEZONE",
    "TZID:Office",
    "BEGIN:STANDARD",
    "END:STANDARD",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+9999",
    "UID:1",
    "UID:Ana-Kos-4315550100",
    "SUMMARY:Ana-Kos-4315550100",
    "DTSTART:20260101T100000Z",
    "DTSTART;TZID=Office:20261329T250000",
    "DTSTART;VALUE=DATE:20260229",
    "DTSTART;TZID=Europe/Vienna:20260329T023000",
    "DTEND:20260101T090000Z",
    "DURATION:P99999999999D",
    "DURATION:-PT1H",
    "RRULE:FREQ=SECONDLY;INTERVAL=1",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "RRULE:FREQ=MONTHLY;BYDAY=-5SU;BYSETPOS=-1;COUNT=4294967296",
    "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z;INTERVAL=0",
    "EXDATE:20260101T100000Z,20260102T100000Z",
    "RDATE;VALUE=PERIOD:20260101T100000Z/PT1H",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20260101T100000Z",
    "ATTENDEE;CN=\"Ana-Kos-4315550100\":mailto:ana@example.com",
    "X-A;B=\"c;d\":\\n\\,\\;",
    " folded",
    "DESCRIPTION:\u{0}\u{7f}\u{202e}",
    "CLASS:PRIVATE",
];

fn calendar() -> impl Strategy<Value = Vec<u8>> {
    let hit = (any::<Index>(), any::<u8>());
    (prop::collection::vec(select(LINES.to_vec()), 0..60), prop::collection::vec(hit, 0..3), any::<bool>()).prop_map(
        |(lines, hits, framed)| {
            let body = lines.join("\r\n");
            let text = match framed {
                true => format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"),
                false => body,
            };
            let mut bytes = text.into_bytes();
            for (at, byte) in hits {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            bytes
        },
    )
}

#[test]
fn calendars() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let feed = Feed::new(Guard::default());
    let window = ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&(calendar(), any::<bool>()), |(bytes, unroll)| {
        let options = Options { time_zone: Tz::UTC, unroll, window };
        let read = runtime.block_on(feed.read(&Location::Bytes(bytes), &Marks::default(), &options));
        match read {
            Ok(Round::Read(events, _)) => {
                for refused in &events.refused {
                    prop_assert!(!refused.why.to_string().contains(MARK), "{}", refused.why);
                }
            }
            Ok(Round::Unchanged) => prop_assert!(false, "bytes are always read"),
            Err(error) => prop_assert!(!error.to_string().contains(MARK), "{error}"),
        }
        Ok(())
    });
    outcome.unwrap();
}
