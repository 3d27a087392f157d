//! Events that do not repeat.

use super::event::Event;
use super::group::{Items, Override, Parts, Suffix};
use crate::file::refused::Why;

/// A single event, and the changed occurrences that name it or nothing.
pub(super) fn items(parts: &Parts<'_>) -> Result<Items, Why> {
    let mut items = Items::default();
    let start = parts.master.start.local;
    let own = parts.overrides.iter().find(|changed| changed.is_of(start, parts.clock()));
    if !parts.excluded.has(start) {
        items.push(Suffix::None, own.map_or(&parts.master, |own| &own.event))?;
    }
    let others = parts.overrides.iter().filter(|changed| own.is_none_or(|own| !std::ptr::eq(own, *changed)));
    for other in others.filter(|other| !parts.excludes(other)) {
        items.push(Suffix::At(other.of.local), &other.event)?;
    }
    items.filled()
}

/// An event of which nothing else is told.
pub(super) fn alone(event: &Event<'_>) -> Result<Items, Why> {
    let mut items = Items::default();
    items.push(Suffix::None, event)?;
    Ok(items)
}

/// Occurrences of a series that the calendar does not tell.
pub(super) fn orphans(overrides: &[Override<'_>]) -> Result<Items, Why> {
    let mut items = Items::default();
    for orphan in overrides {
        items.push(Suffix::At(orphan.of.local), &orphan.event)?;
    }
    items.filled()
}

impl Items {
    /// Adds an event as a single one.
    pub fn push(&mut self, suffix: Suffix, event: &Event<'_>) -> Result<(), Why> {
        self.list.push((suffix, event.single()?));
        self.cut |= event.cut;
        Ok(())
    }

    /// The items, if there are any.
    pub fn filled(self) -> Result<Self, Why> {
        if self.list.is_empty() { Err(Why::NoOccurrence) } else { Ok(self) }
    }
}
