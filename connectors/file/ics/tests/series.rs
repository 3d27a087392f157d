//! Events that repeat, and what becomes of their occurrences.

use super::{changed, event, options, read, read_with, told};
use crate::file::Options;

const DAILY: &str = "DTSTART;TZID=Europe/Vienna:20260302T090000\nDTEND;TZID=Europe/Vienna:20260302T100000\nRRULE:FREQ=DAILY;COUNT=5";

#[test]
fn occurrences_are_excluded_changed_and_called_off() {
    let events = read(&[
        event(&format!("{DAILY}\nEXDATE;TZID=Europe/Vienna:20260303T090000\nEXDATE:20270101T080000Z")),
        changed("RECURRENCE-ID:20260304T080000Z\nDTSTART:20260304T140000Z\nDTEND:20260304T150000Z"),
        changed("RECURRENCE-ID;TZID=Europe/Vienna:20260305T090000\nDTSTART:20260305T080000Z\nSTATUS:CANCELLED"),
    ].concat());
    insta::assert_snapshot!(told(&events), @r#"
    u: Title, 2026-03-02T09:00 to 2026-03-02T10:00 Europe/Vienna {"type":"daily","interval":1} {"type":"numbered","numberOfOccurrences":5}
      2026-03-03: cancelled
      2026-03-04: Changed, 2026-03-04T14:00 to 2026-03-04T15:00 UTC
      2026-03-05: cancelled
    "#);
}

#[test]
fn an_occurrence_that_changes_places_with_its_neighbours_stands_alone() {
    let events = read(&[
        event(DAILY),
        changed("RECURRENCE-ID;TZID=Europe/Vienna:20260304T090000\nDTSTART:20260309T080000Z\nDTEND:20260309T090000Z"),
    ].concat());
    insta::assert_snapshot!(told(&events), @r#"
    u: Title, 2026-03-02T09:00 to 2026-03-02T10:00 Europe/Vienna {"type":"daily","interval":1} {"type":"numbered","numberOfOccurrences":5}
      2026-03-04: cancelled
    u/2026-03-04: Changed, 2026-03-09T08:00 to 2026-03-09T09:00 UTC
    "#);
}

#[test]
fn a_changed_occurrence_that_its_series_does_not_have_stands_alone() {
    let moved =
        "RECURRENCE-ID;TZID=Europe/Vienna:20260404T090000\nDTSTART:20260405T080000Z\nDTEND:20260405T090000Z";
    insta::assert_snapshot!(told(&read(&[event(DAILY), changed(moved)].concat())), @r#"
    u: Title, 2026-03-02T09:00 to 2026-03-02T10:00 Europe/Vienna {"type":"daily","interval":1} {"type":"numbered","numberOfOccurrences":5}
    u/2026-04-04: Changed, 2026-04-05T08:00 to 2026-04-05T09:00 UTC
    "#);
    insta::assert_snapshot!(told(&read(&changed(moved))), @"
    u/2026-04-04: Changed, 2026-04-05T08:00 to 2026-04-05T09:00 UTC
    ");
}

#[test]
fn a_start_that_is_none_of_its_rule_takes_place_all_the_same() {
    let events = read(&event("DTSTART;VALUE=DATE:20260304\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"));
    insta::assert_snapshot!(told(&events), @r#"
    u: Title, 2026-03-09 to 2026-03-10 {"type":"weekly","interval":1,"daysOfWeek":["monday"],"firstDayOfWeek":"monday"} {"type":"numbered","numberOfOccurrences":3}
    u/2026-03-04: Title, 2026-03-04 to 2026-03-05
    "#);
}

#[test]
fn a_series_ends_on_the_day_of_its_last_occurrence() {
    let ends = |until: &str| {
        told(&read(&event(&format!(
            "DTSTART;TZID=America/New_York:20260302T200000\nRRULE:FREQ=DAILY;UNTIL={until}"
        ))))
    };
    // 20:00 in New York is midnight in UTC, in summer.
    for (until, day) in [("20260311T000000Z", "2026-03-10"), ("20260310T235959Z", "2026-03-09")] {
        assert!(ends(until).contains(&format!("\"endDate\":\"{day}\"")), "{}", ends(until));
    }
    let days = told(&read(&event("DTSTART;VALUE=DATE:20260302\nRRULE:FREQ=DAILY;UNTIL=20260311")));
    assert!(days.contains("\"endDate\":\"2026-03-11\""), "{days}");
}

#[test]
fn a_series_without_any_occurrence_is_refused() {
    for lines in [
        "DTSTART:20260302T090000Z\nRRULE:FREQ=DAILY;UNTIL=20260101T000000Z",
        "DTSTART:20260302T090000Z\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20260302T090000Z,20260303T090000Z",
    ] {
        assert_eq!(told(&read(&event(lines))), "refused 1: its recurrence leaves no occurrence\n", "{lines}");
    }
}

#[test]
fn a_series_that_is_called_off_is_called_off_as_a_whole() {
    let events = read(
        &[
            event(&format!("{DAILY}\nSTATUS:CANCELLED")),
            changed("RECURRENCE-ID;TZID=Europe/Vienna:20260304T090000\nDTSTART:20260304T140000Z"),
        ]
        .concat(),
    );
    assert_eq!(events.items.len(), 1);
    assert_eq!(events.items["u"].text(sync::Field::IsCancelled), Some("true"));
}

#[test]
fn what_a_mailbox_can_not_repeat_becomes_single_events_if_that_is_wanted() {
    let hourly = event(
        "DTSTART:20261231T200000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;INTERVAL=2\nEXDATE:20261231T220000Z",
    );
    let unroll = Options { unroll: true, ..options() };
    assert_eq!(
        told(&read(&hourly)),
        "refused 1: it repeats more often than daily; `unroll` would make single events of it\n"
    );
    insta::assert_snapshot!(told(&read_with(&hourly, &unroll)), @"
    u/2026-12-31: Title, 2026-12-31T20:00 to 2026-12-31T21:00 UTC
    ");
    let dates = event("DTSTART;VALUE=DATE:20260301\nRDATE;VALUE=DATE:20260310,20290101");
    insta::assert_snapshot!(told(&read_with(&dates, &unroll)), @"
    u/2026-03-01: Title, 2026-03-01 to 2026-03-02
    u/2026-03-10: Title, 2026-03-10 to 2026-03-11
    ");
}

#[test]
fn a_series_is_looked_at_within_bounds() {
    let unroll = Options { unroll: true, ..options() };
    let often = event("DTSTART:16010101T000000Z\nRRULE:FREQ=SECONDLY");
    assert_eq!(told(&read_with(&often, &unroll)), "refused 1: it has more occurrences than are looked at\n");
    let never = event("DTSTART:20260301T000000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30");
    assert_eq!(
        told(&read_with(&never, &unroll)),
        "u/2026-03-01: Title, 2026-03-01T00:00 to 2026-03-01T00:00 UTC\n"
    );
}

#[test]
fn what_changes_all_that_follow_is_refused() {
    let events = read(&[
        event(DAILY),
        changed("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Vienna:20260304T090000\nDTSTART:20260304T140000Z"),
    ].concat());
    insta::assert_snapshot!(told(&events), @"
    refused 1: one occurrence changes all that come after it, which a mailbox can't hold
    ");
}
