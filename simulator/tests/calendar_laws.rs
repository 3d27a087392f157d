//! Who follows a calendar view's delta sees what takes place in its window, whatever happens between and inside rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::{IMMUTABLE, World, at, fridays, hour_on, world};
use serde_json::{Value, json};
use simulator::Lag;

const WINDOW: &str = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-04-20T00:00:00Z";

/// The next number of a fixed sequence, below a bound.
fn roll(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % bound
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a careful client knows: entries by id, those of a series under their master.
#[derive(Default)]
struct Known {
    entries: BTreeMap<String, Value>,
}

impl Known {
    fn take(&mut self, entry: &Value) {
        let id = text(&entry["id"]);
        let whole = entry["type"] == "seriesMaster" || entry["type"] == "singleInstance";
        if whole || entry.get("@removed").is_some() {
            self.entries.retain(|held, entry| *held != id && text(&entry["seriesMasterId"]) != id);
        }
        if entry.get("@removed").is_none() {
            self.entries.insert(id, entry.clone());
        }
    }

    /// What takes place in the window: start and subject by id.
    fn view(&self) -> BTreeMap<String, (String, String)> {
        let subject = |entry: &Value| match entry["type"] == "occurrence" {
            true => text(&self.entries[&text(&entry["seriesMasterId"])]["subject"]),
            false => text(&entry["subject"]),
        };
        let inside = |entry: &Value| {
            let (start, end) = (text(&entry["start"]["dateTime"]), text(&entry["end"]["dateTime"]));
            start.as_str() < "2027-04-20T00:00" && end.as_str() > "2027-03-01T00:00"
        };
        let shown = self.entries.iter().filter(|(_, entry)| entry["type"] != "seriesMaster" && inside(entry));
        shown.map(|(id, entry)| (id.clone(), (text(&entry["start"]["dateTime"]), subject(entry)))).collect()
    }
}

/// Reads one page; the next link, and whether the round is complete.
async fn page(w: &World, link: &str, prefer: &str, known: &mut Known) -> (String, bool) {
    let reply = w.send("GET", link, &[("Prefer", prefer)], None).await.ok(200);
    reply.entries().iter().for_each(|entry| known.take(entry));
    let done = reply.next().is_none();
    (reply.next().unwrap_or_else(|| reply.delta()), done)
}

fn day(dice: &mut u64) -> String {
    format!("2027-{:02}-{:02}", 2 + roll(dice, 4), 1 + roll(dice, 28))
}

fn times(day: &str) -> Value {
    json!({ "start": at(day, "09:00:00", "UTC"), "end": at(day, "10:00:00", "UTC") })
}

/// A colleague does something to an event or to one date of a series; what does not fit is refused.
fn meddle(w: &World, dice: &mut u64, id: &str, number: usize) {
    let one = format!("OID.{id}.2027-03-{:02}", [5, 12, 19, 26][roll(dice, 4)]);
    let user = w.user;
    let _ = match roll(dice, 8) {
        0 => w.sim.user_edits_event(user, id, json!({ "subject": format!("s{number}") })),
        1 => w.sim.user_edits_event(user, id, times(&day(dice))),
        2 => w.sim.user_edits_event(user, &one, json!({ "subject": format!("x{number}") })),
        3 => w.sim.user_edits_event(user, &one, times(&day(dice))),
        4 => w.sim.user_deletes_event(user, &one),
        5 => w.sim.user_moves_event(user, id, ["Calendar", "Other"][roll(dice, 2)]),
        6 => w.sim.user_edits_event(user, id, json!({ "recurrence": null })),
        _ => w.sim.user_deletes_event(user, id),
    };
}

async fn story(seed: u64, lag: Option<Lag>) {
    let w = world().await;
    let mut dice = seed;
    w.sim.user_creates_calendar(w.user, "Other").unwrap();
    w.sim.set_lag(w.user, lag);
    let odd = [0.0, 0.3][roll(&mut dice, 2)];
    w.sim.set_quirks(|quirks| {
        (quirks.view_repeats, quirks.view_strays, quirks.occurrences_keep_order) = (odd, odd, false);
    });
    let prefer = format!("odata.maxpagesize={}, IdType=\"ImmutableId\"", 1 + roll(&mut dice, 6));
    let mut link = w.mine(&format!("calendarView/delta?{WINDOW}"));
    let (mut known, mut alive) = (Known::default(), Vec::new());
    for number in 0..120 {
        let subject = format!("n{number}");
        match roll(&mut dice, 7) {
            0 => {
                let event = hour_on(&day(&mut dice), &subject);
                alive.push(w.sim.user_creates_event(w.user, "Calendar", event).unwrap());
            }
            1 => {
                let first = ["2027-02-05", "2027-03-05", "2027-04-09"][roll(&mut dice, 3)];
                alive.push(w.sim.user_creates_event(w.user, "Calendar", fridays(first, &subject)).unwrap());
            }
            2..=4 if !alive.is_empty() => {
                let id = alive[roll(&mut dice, alive.len())].clone();
                meddle(&w, &mut dice, &id, number);
            }
            _ => link = page(&w, &link, &prefer, &mut known).await.0,
        }
    }
    w.sim.set_lag(w.user, None);
    for _ in 0..2 {
        let mut done = false;
        while !done {
            (link, done) = page(&w, &link, &prefer, &mut known).await;
        }
    }
    assert_eq!(known.view(), held(&w).await, "seed {seed}");
}

/// What takes place in the window, read without a delta.
async fn held(w: &World) -> BTreeMap<String, (String, String)> {
    let path = w.mine(&format!("calendarView?{WINDOW}&$top=1000&$select=start,subject"));
    let (entries, _) = w.round(&path, &[IMMUTABLE]).await;
    let shown =
        |entry: &Value| (text(&entry["id"]), (text(&entry["start"]["dateTime"]), text(&entry["subject"])));
    entries.iter().map(shown).collect()
}

#[tokio::test]
async fn view_deltas_agree_with_the_calendar() {
    for seed in 0..30 {
        story(seed, None).await;
    }
}

#[tokio::test]
async fn late_view_deltas_agree_with_the_calendar_in_the_end() {
    for seed in 100..130 {
        story(seed, Some(Lag { writes: Some(4), ..Lag::default() })).await;
    }
}
