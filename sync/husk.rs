//! What is left of a snapshot once its contents are gone: enough to know what moved, and what must not be lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::{Content, Field, Snapshot, SourceKey, Value};

/// So many days ahead the end of an event is remembered; a husk is replaced by every run.
const AHEAD: i64 = 512;

/// What a snapshot without contents remembers of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Husk {
    /// The fingerprint of all that mailboxes and people saw of it.
    pub print: u64,
    /// The day from which on an event lies in the past, where that is near.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ends: BTreeMap<SourceKey, NaiveDate>,
}

impl Snapshot {
    /// This without its contents: identities, fingerprints and numbers.
    ///
    /// The next snapshot is measured against it as against the whole one. It can't stand in for a source that is not
    /// read to its end, and nothing must be planned on it.
    #[must_use]
    pub fn emptied(&self, now: DateTime<Utc>) -> Self {
        if self.is_emptied() {
            return self.clone();
        }
        let empty = Arc::new(Content::default());
        let ends = self.items.iter().filter_map(|(key, content)| Some((key.clone(), end(content, now)?)));
        let husk = Husk { print: self.print(), ends: ends.collect() };
        let items = self.items.keys().map(|key| (key.clone(), Arc::clone(&empty))).collect();
        Snapshot { husk: Some(husk), items, ..self.clone() }
    }

    /// Whether its contents are gone.
    pub fn is_emptied(&self) -> bool {
        self.husk.is_some()
    }

    /// The fingerprint of all that mailboxes and people see of it.
    pub(crate) fn print(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.scope.to_be_bytes());
        for (key, content) in &self.items {
            hash.update(format!("{key} {:?}\n", content.prints()).as_bytes());
        }
        hash.update(format!("{:?}{:?}{:?}", self.provenance, self.aliases, self.refused).as_bytes());
        hash.digest()
    }
}

/// The first day, not far from now, on which an event lies in the past.
fn end(content: &Content, now: DateTime<Utc>) -> Option<NaiveDate> {
    let Some(Value::Timing(timing)) = content.get(Field::Timing) else { return None };
    let is_over = |days: i64| !timing.touches(now + TimeDelta::days(days), DateTime::<Utc>::MAX_UTC);
    let (mut early, mut late) = (-AHEAD, AHEAD);
    if !is_over(late) {
        return None;
    }
    while late - early > 1 {
        let middle = i64::midpoint(early, late);
        if is_over(middle) { late = middle } else { early = middle }
    }
    Some((now + TimeDelta::days(late)).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn snapshot(jobs: &[&str]) -> Snapshot {
        let item = |(n, job): (usize, &&str)| {
            let content: Content = [(Field::GivenName, "Ana"), (Field::JobTitle, *job)].into_iter().collect();
            (SourceKey::of("d", &n.to_string()), Arc::new(content))
        };
        let items = jobs.iter().enumerate().map(item).collect();
        Snapshot { complete: true, scope: 1, items, ..Snapshot::default() }
    }

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    #[test]
    fn a_husk_says_nothing_and_measures_the_same() {
        let limits = Limits::default();
        let first = snapshot(&["x", "y", "z"]).after(None, &limits);
        let husk = first.emptied(at(0));
        let text = serde_json::to_string(&husk).unwrap();
        assert!(!text.contains("Ana") && text.contains("d:2"), "{text}");
        let read: Snapshot = serde_json::from_str(&text).unwrap();
        assert_eq!(read, husk);

        let same = snapshot(&["x", "y", "z"]);
        assert_eq!(same.clone().after(Some(&husk), &limits), same.clone().after(Some(&first), &limits));
        let other = snapshot(&["x", "y", "q"]);
        assert_eq!(other.clone().after(Some(&husk), &limits), other.after(Some(&first), &limits));
        let fewer = snapshot(&["x"]);
        assert_eq!(fewer.clone().after(Some(&husk), &limits).last_good, 3);
        let none = snapshot(&[]).after(Some(&husk), &limits);
        assert_eq!((none.last_good, none.version), (3, 2), "the guards know what was there");
    }
}
