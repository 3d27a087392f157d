//! Times and the zones in which they are told.

use chrono_tz::Tz;

use super::{event, options, read, read_with, told};
use crate::file::Options;

fn defined(name: &str, rules: [&str; 2], lines: &str) -> String {
    let [standard, daylight] = rules;
    format!(
        "BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:16010101T030000\n{standard}\nEND:STANDARD\n\
         BEGIN:DAYLIGHT\nDTSTART:16010101T020000\n{daylight}\nEND:DAYLIGHT\nEND:VTIMEZONE\n{}",
        event(lines)
    )
}

const EUROPE: [&str; 2] = [
    "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
];

/// Clocks as nobody has them: 01:07 ahead, 02:07 in summer.
const OWN: [&str; 2] = [
    "TZOFFSETFROM:+0207\nTZOFFSETTO:+0107\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "TZOFFSETFROM:+0107\nTZOFFSETTO:+0207\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
];

#[test]
fn a_zone_has_many_names() {
    for zone in [
        "Europe/Berlin",
        "W. Europe Standard Time",
        "\"W. Europe Standard Time\"",
        "/example.com/2026/Europe/Berlin",
    ] {
        let events = read(&event(&format!("DTSTART;TZID={zone}:20260701T090000")));
        assert_eq!(told(&events), "u: Title, 2026-07-01T07:00 to 2026-07-01T07:00 UTC\n", "{zone}");
    }
}

#[test]
fn a_zone_that_nobody_knows_is_not_guessed() {
    for (zone, why) in [
        ("Europe/Germany", "its time zone is neither known by name nor defined in the feed"),
        ("Customized Time Zone", "its time zone is neither known by name nor defined in the feed"),
        ("UTC+01", "its time zone is but an offset from UTC, which the feed does not define"),
        ("\"(GMT +01:00)\"", "its time zone is but an offset from UTC, which the feed does not define"),
    ] {
        let events = read(&event(&format!("DTSTART;TZID={zone}:20260701T090000")));
        assert_eq!(told(&events), format!("refused 1: {why}\n"), "{zone}");
    }
}

#[test]
fn a_zone_that_the_calendar_defines_holds() {
    let single = "DTSTART;TZID=Own:20260701T090000";
    assert_eq!(
        told(&read(&defined("Own", EUROPE, single))),
        "u: Title, 2026-07-01T07:00 to 2026-07-01T07:00 UTC\n"
    );
    assert_eq!(
        told(&read(&defined("Own", OWN, single))),
        "u: Title, 2026-07-01T06:53 to 2026-07-01T06:53 UTC\n"
    );
    let series = "DTSTART;TZID=Own:20260701T090000\nRRULE:FREQ=DAILY";
    insta::assert_snapshot!(told(&read(&defined("Own", EUROPE, series))), @r#"
    u: Title, 2026-07-01T09:00 to 2026-07-01T09:00 Europe/Berlin {"type":"daily","interval":1} {"type":"noEnd"}
    "#);
    insta::assert_snapshot!(told(&read(&defined("Own", OWN, series))), @"
    refused 1: it repeats in a time zone of its own, which is like none that a mailbox knows; `unroll` would make single events of it
    ");
}

#[test]
fn times_without_a_zone_are_told_by_the_calendars_or_the_feeds() {
    let floating = event("DTSTART:20260701T090000");
    let vienna = Options { time_zone: Tz::Europe__Vienna, ..options() };
    assert_eq!(told(&read(&floating)), "u: Title, 2026-07-01T09:00 to 2026-07-01T09:00 UTC\n");
    assert_eq!(told(&read_with(&floating, &vienna)), "u: Title, 2026-07-01T07:00 to 2026-07-01T07:00 UTC\n");
    let own = format!("X-WR-TIMEZONE:America/New_York\n{floating}");
    assert_eq!(told(&read_with(&own, &vienna)), "u: Title, 2026-07-01T13:00 to 2026-07-01T13:00 UTC\n");
}
