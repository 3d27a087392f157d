//! Calendars that real programs wrote: each is read, and what of it is left out is left out for a reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

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
    let mut told = String::new();
    for file in files() {
        let events = read(&file, false).await;
        let name = file.file_name().unwrap().to_str().unwrap();
        let cut_off = if events.complete { "" } else { " (cut off)" };
        writeln!(told, "{name}: {} items{cut_off}", events.items.len()).unwrap();
        for refused in events.refused {
            writeln!(told, "  refused: {}", refused.why).unwrap();
        }
    }
    println!("{told}");
}
