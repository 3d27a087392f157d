//! The delta of a calendar view: a window that stays, and what happens in it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::chance::{Dice, mix};
use super::event::{Event, Part};
use super::mailbox::Mailbox;
use super::mailbox_delta::{Entry, Unseen};
use super::zone::Window;

/// Where a reader stands; the opaque part of a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) calendar: u64,
    pub(crate) window: Window,
    /// Everything up to this version has been seen.
    pub(crate) after: u64,
    /// In a first round: the oldest version that it showed.
    pub(crate) began: Option<u64>,
    /// The version of an event of which only so many entries have been seen.
    pub(crate) half: Option<(u64, usize)>,
    /// Set between rounds.
    pub(crate) generation: Option<u64>,
}

/// How pages are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) size: usize,
    pub(crate) now: i64,
    pub(crate) every_poll: bool,
    pub(crate) repeats: f64,
    pub(crate) strays: f64,
    pub(crate) seed: u64,
}

/// One entry of a page.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    Whole(Arc<Event>, Part),
    /// A regular occurrence: little more than its times.
    Slim(Arc<Event>, Part),
    /// An earlier form of an entry that follows.
    Older(Arc<Event>, Part),
    Gone(u64),
}

/// One page, and where the next one starts.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Shown>,
    pub(crate) next: Cursor,
    pub(crate) more: bool,
}

impl Mailbox<Event> {
    /// Reads the next page after a cursor.
    pub(crate) fn view_page(&mut self, mut cursor: Cursor, manner: Manner) -> Page {
        let overlay = self.overlay(manner.now);
        let Some(folder) = self.folders.get(&cursor.calendar) else {
            return Page { entries: Vec::new(), next: cursor, more: false };
        };
        let first_page = cursor.after == 0 && cursor.half.is_none();
        let oldest = if first_page { folder.moved } else { cursor.began.unwrap_or(folder.moved) };
        cursor.began = cursor.began.map(|_| oldest.min(overlay.upto));
        let end = folder.moved.min(overlay.upto);
        let (mut entries, mut more) = (Vec::new(), false);
        while !more {
            let unseen = Unseen { after: cursor.after, began: cursor.began };
            let changes = self.changes(folder, unseen, &overlay, manner.size + 1);
            if changes.is_empty() {
                break;
            }
            for (version, entry) in changes {
                more = self.add(&mut entries, &mut cursor, manner, (version, entry));
                if more {
                    break;
                }
            }
        }
        cursor.generation = None;
        if !more {
            (cursor.began, cursor.after) = (None, end.max(cursor.after));
            let folder = self.folders.get_mut(&cursor.calendar);
            cursor.generation = folder.map(|folder| folder.generation(cursor.after, manner.every_poll));
        }
        Page { entries, next: cursor, more }
    }

    /// Adds the entries of one change; `true` when the page is full before its end.
    fn add(
        &self,
        entries: &mut Vec<Shown>,
        cursor: &mut Cursor,
        manner: Manner,
        (version, entry): (u64, Entry<Event>),
    ) -> bool {
        let all = self.entries_of(cursor, manner, version, entry);
        let seen = cursor.half.filter(|(half, _)| *half == version).map_or(0, |(_, seen)| seen);
        let room = manner.size - entries.len();
        let total = all.len();
        entries.extend(all.into_iter().skip(seen).take(room));
        if total > seen + room {
            cursor.half = Some((version, seen + room));
            return true;
        }
        (cursor.after, cursor.half) = (version, None);
        false
    }

    fn entries_of(&self, cursor: &Cursor, manner: Manner, version: u64, entry: Entry<Event>) -> Vec<Shown> {
        let mut dice = Dice::new(mix(&[manner.seed, cursor.calendar, version]));
        let event = match entry {
            Entry::Gone(serial) => {
                let known = self.items.get(&serial).or_else(|| self.former(serial));
                let shown = known.is_none_or(|event| event.ever_met(cursor.window));
                return if shown { vec![Shown::Gone(serial)] } else { Vec::new() };
            }
            Entry::Present(event) => event,
        };
        let parts = event.within(cursor.window);
        if parts.is_empty() {
            let first_round = cursor.began.is_some_and(|began| version <= began);
            return match (first_round, event.ever_met(cursor.window)) {
                (true, _) if dice.chance(manner.strays) => vec![Shown::Whole(event, Part::Whole)],
                (false, true) => vec![Shown::Gone(event.serial)],
                _ => Vec::new(),
            };
        }
        let master = event.series.as_ref().map(|_| Part::Whole);
        let all = master.into_iter().chain(parts);
        all.flat_map(|part| repeated(&event, part, dice.chance(manner.repeats))).collect()
    }
}

fn repeated(event: &Arc<Event>, part: Part, twice: bool) -> Vec<Shown> {
    let event = Arc::clone(event);
    let slim = matches!(part, Part::Date(date) if event.exception(date).is_none());
    match (slim, twice) {
        (true, false) => vec![Shown::Slim(event, part)],
        (true, true) => vec![Shown::Slim(Arc::clone(&event), part), Shown::Slim(event, part)],
        (false, false) => vec![Shown::Whole(event, part)],
        (false, true) => vec![Shown::Older(Arc::clone(&event), part), Shown::Whole(event, part)],
    }
}
