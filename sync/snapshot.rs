//! The hub's merged content at one version.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::two_way::Refusals;
use crate::{Content, Field, HubConfig, Husk, Limits, MailboxId, SourceKey, Value};

/// Everything a hub wants its receiving spokes to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Counts up with every snapshot that differs from the one before.
    pub version: u64,
    /// Every contributing spoke was read to its end without an error: only then is absence deletion.
    pub complete: bool,
    /// How many items the last snapshot held that was complete and not held back.
    pub last_good: usize,
    /// The fingerprint of (filter, mapping, spokes) that made it.
    pub scope: u64,
    /// The items.
    #[serde(with = "items")]
    pub items: BTreeMap<SourceKey, Arc<Content>>,
    /// The spoke that a field came from, where it is another than the item's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: BTreeMap<SourceKey, BTreeMap<Field, String>>,
    /// The contributed items that became part of another one: theirs to that one's identity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<SourceKey, SourceKey>,
    /// The events that fell out of their window, with the day on which they did: to remove them is no loss.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<SourceKey, NaiveDate>,
    /// What users of two-way spokes changed and the hub did not take, by mailbox.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<MailboxId, Refusals>,
    /// In the view of one spoke: the items that the hub has and the spoke's filter leaves out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub outside: BTreeSet<SourceKey>,
    /// What is remembered of the contents once they are gone: then every item is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub husk: Option<Husk>,
}

impl Snapshot {
    /// This as the successor of `last`: its version moves only if something moves that mailboxes see.
    pub fn after(self, last: Option<&Snapshot>, limits: &Limits) -> Self {
        let Some(last) = last else { return Snapshot { version: 1, last_good: 0, ..self } };
        let good = if last.is_good(limits) { last.items.len() } else { last.last_good };
        if last.husk.as_ref().map_or_else(|| self.shown() == last.shown(), |husk| husk.print == self.print())
        {
            // A source that could not be read is no news for the mailboxes: their version stays.
            let last_good = if self.complete { last.last_good } else { good };
            return Snapshot { version: last.version, last_good, ..self };
        }
        Snapshot { version: last.version + 1, last_good: good, ..self }
    }

    /// All that mailboxes or people see of it.
    fn shown(&self) -> impl PartialEq {
        (self.scope, &self.items, &self.provenance, &self.aliases, &self.refused)
    }

    /// Notes which items of `last` are gone because all of them lies before `from`, and forgets those that went
    /// long before `today`.
    pub(crate) fn note_past(&mut self, last: &Snapshot, from: DateTime<Utc>, today: NaiveDate) {
        const KEPT: TimeDelta = TimeDelta::days(40);
        let is_past = |content: &Content| match content.get(Field::Timing) {
            Some(Value::Timing(timing)) => !timing.touches(from, DateTime::<Utc>::MAX_UTC),
            _ => false,
        };
        let kept = last.past.iter().filter(|(_, day)| today - **day <= KEPT).map(|(key, day)| (key, *day));
        let ends = last.husk.iter().flat_map(|husk| &husk.ends);
        let ended = ends.filter(|(_, day)| **day <= from.date_naive()).map(|(key, _)| (key, today));
        let gone = last.items.iter().filter(|(_, content)| is_past(content)).map(|(key, _)| (key, today));
        let gone = gone.chain(ended);
        let past = gone.chain(kept).filter(|(key, _)| !self.items.contains_key(*key));
        self.past = past.map(|(key, day)| (key.clone(), day)).collect();
    }

    /// Whether later snapshots are measured against this one.
    ///
    /// One that shrank too much is held back, and must not become the measure just because another one followed it:
    /// whoever records an approval sets its `last_good` to the number of its items.
    fn is_good(&self, limits: &Limits) -> bool {
        let (before, now) = (self.last_good, self.items.len());
        let lost = before.saturating_sub(now);
        self.complete && (now > 0 || before == 0) && lost * 100 <= before * limits.shrink_percent
    }

    /// The spoke that a field of an item came from.
    pub fn provenance_of<'a>(&'a self, key: &'a SourceKey, field: Field) -> &'a str {
        let known = self.provenance.get(key).and_then(|fields| fields.get(&field));
        known.map_or(key.spoke(), String::as_str)
    }

    /// What one receiving spoke shall hold: without what its filter keeps out.
    ///
    /// The filter is part of the view's scope, and the measure shrinks with the view: what a filter keeps out must
    /// not look like items that the hub lost.
    pub fn for_spoke(&self, config: &HubConfig, spoke: &str) -> Cow<'_, Snapshot> {
        let receives = config.spoke(spoke).and_then(|spoke| spoke.receives.as_ref());
        let filter = receives.and_then(|receives| receives.filter.as_ref());
        let Some(filter) = filter else { return Cow::Borrowed(self) };
        let (inside, outside): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.items.clone().into_iter().partition(|(_, content)| filter.matches(content));
        let share = |all: usize| if outside.is_empty() { all } else { all * inside.len() / self.items.len() };
        Cow::Owned(Snapshot {
            version: self.version,
            complete: self.complete,
            last_good: share(self.last_good),
            scope: xxh3_64_with_seed(filter.to_string().as_bytes(), self.scope),
            items: inside,
            provenance: self.provenance.clone(),
            aliases: self.aliases.clone(),
            past: self.past.clone(),
            refused: self.refused.clone(),
            outside: outside.into_keys().collect(),
            husk: self.husk.clone(),
        })
    }
}

/// Shared content is written and read as plain content.
mod items {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::{Content, SourceKey};

    type Items = BTreeMap<SourceKey, Arc<Content>>;

    pub fn serialize<S: Serializer>(items: &Items, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(items.iter().map(|(key, content)| (key, content.as_ref())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Items, D::Error> {
        let plain = BTreeMap::<SourceKey, Content>::deserialize(from)?;
        Ok(plain.into_iter().map(|(key, content)| (key, Arc::new(content))).collect())
    }
}
