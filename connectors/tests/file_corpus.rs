//! Calendars that real programs wrote: each is read, and what of it is left out is left out for a reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use connectors::file::{Events, Feed, Guard, Location, Marks, Options, Round};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/ics");

fn files() -> Vec<PathBuf> {
    let Ok(folder) = Path::new(FOLDER).read_dir() else {
        eprintln!("SKIPPED: ../shared/data/ics is absent, no real calendar was read");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ics"));
    files.sort();
    files
}

async fn read(file: &Path, unroll: bool) -> Events {
    let window = ("2000-01-01T00:00:00Z".parse().unwrap(), "2030-01-01T00:00:00Z".parse().unwrap());
    let options = Options { time_zone: Tz::UTC, unroll, window };
    let location = Location::Bytes(std::fs::read(file).unwrap());
    match Feed::new(Guard::default()).read(&location, &Marks::default(), &options).await.unwrap() {
        Round::Read(events, _) => *events,
        Round::Unchanged => panic!("a file is always read"),
    }
}

#[tokio::test]
async fn each_file_is_read_and_what_is_left_out_is_said() {
    let (mut told, mut items) = (String::new(), 0);
    let files = files();
    for file in &files {
        let events = read(file, false).await;
        items += events.items.len();
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for refused in &events.refused {
            *reasons.entry(refused.why.to_string()).or_default() += 1;
        }
        for (why, times) in reasons {
            writeln!(told, "{}: {times} refused: {why}", file.file_name().unwrap().display()).unwrap();
        }
        assert!(events.complete && events.cut.is_empty(), "{}", file.display());
    }
    if files.is_empty() {
        return;
    }
    writeln!(told, "{} files, {items} items", files.len()).unwrap();
    insta::assert_snapshot!(told, @"
    Office-2012-owa.ics: 4 refused: its time zone is neither known by name nor defined in the feed
    attendee-with-url.ics: 1 refused: it has no start; its publisher has to mend it
    bad_custom_ms_tz.ics: 1 refused: it starts on a day without a time, yet lasts hours
    bad_custom_ms_tz.ics: 1 refused: its time zone is neither known by name nor defined in the feed
    bad_custom_ms_tz2.ics: 1 refused: it starts on a day without a time, yet lasts hours
    bad_custom_ms_tz2.ics: 1 refused: its time zone is neither known by name nor defined in the feed
    daily-count-exdate-recurrence-id.ics: 1 refused: it ends before it starts
    event-with-category.ics: 5 refused: it has no start; its publisher has to mend it
    germany_at_end_of_day_repeating.ics: 1 refused: its time zone is neither known by name nor defined in the feed
    large-file-with-late-error.ics: 6 refused: one of its times can't be read; its publisher has to mend it
    ms_timezones.ics: 1 refused: one of its times can't be read; its publisher has to mend it
    multi-event-basic.ics: 1 refused: one of its times can't be read; its publisher has to mend it
    music-school-weekly-until.ics: 1 refused: its time zone is but an offset from UTC, which the feed does not define
    test_with_tz_list.ics: 1 refused: its time zone is neither known by name nor defined in the feed
    windows-quoted-tz-rrule.ics: 1 refused: its time zone is neither known by name nor defined in the feed
    51 files, 662 items
    ");
}

#[tokio::test]
async fn none_of_them_needs_to_be_unrolled_and_none_is_changed_by_it() {
    for file in files() {
        assert_eq!(read(&file, true).await, read(&file, false).await, "{}", file.display());
    }
}
