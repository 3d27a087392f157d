//! A mailbox as a server keeps it: items, versions, a change log, listings that lag.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use sync::event::{Occurrence, Occurrences};
use sync::{
    ChangeKey, Content, Copy, Effect, Field, ItemId, Listed, Mailbox, MailboxId, Reading, SourceKey, Value,
};

/// One item; without a tag it is the user's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub tag: Option<SourceKey>,
    pub content: Content,
    pub change_key: ChangeKey,
    pub created: DateTime<Utc>,
}

type Items = BTreeMap<ItemId, Item>;

/// The truth, and every earlier truth, since a listing may show one.
#[derive(Debug, Clone)]
pub struct Server {
    pub items: Items,
    history: Vec<(DateTime<Utc>, Items)>,
    made: u64,
    pub honours_if_match: bool,
    /// Whose mailbox it is in a two-way spoke: there untagged items are seen too, by the identity they would have.
    pub two_way: Option<(&'static str, MailboxId)>,
}

/// Seconds since the world began, as a time.
pub fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

impl Server {
    pub fn new(honours_if_match: bool) -> Self {
        Server {
            items: Items::new(),
            history: vec![(at(0), Items::new())],
            made: 0,
            honours_if_match,
            two_way: None,
        }
    }

    /// The newest state that a listing with this lag shows: its place in the history.
    fn visible(&self, now: DateTime<Utc>, lag: i64) -> usize {
        let horizon = now - TimeDelta::seconds(lag);
        self.history.iter().rposition(|(when, _)| *when <= horizon).unwrap_or(0)
    }

    /// A listing of everything, with the token from which changes go on.
    pub fn list(&self, now: DateTime<Utc>, lag: i64) -> (Mailbox, usize) {
        let token = self.visible(now, lag);
        let mut mailbox = Mailbox::unread(Reading::Everything);
        mailbox.listed = self.seen(&self.history[token].1).map(listed).collect();
        (mailbox, token)
    }

    /// What changed since a token, as the listing shows it.
    pub fn delta(&self, since: usize, now: DateTime<Utc>, lag: i64) -> (Mailbox, usize) {
        let token = self.visible(now, lag).max(since);
        let (before, after) = (&self.history[since].1, &self.history[token].1);
        let mut mailbox = Mailbox::unread(Reading::Changes);
        mailbox.gone = before.keys().filter(|id| !after.contains_key(*id)).cloned().collect();
        let moved = |copy: &Copy| before.get(&copy.id) != after.get(&copy.id);
        mailbox.listed = self.seen(after).filter(moved).map(listed).collect();
        (mailbox, token)
    }

    /// Items that carry one of these tags, as a filter over a lagging listing shows them.
    pub fn find(&self, keys: &BTreeSet<SourceKey>, now: DateTime<Utc>, lag: i64) -> Vec<Listed> {
        let all = self.seen(&self.history[self.visible(now, lag)].1);
        all.filter(|copy| copy.tagged && keys.contains(&copy.key)).map(listed).collect()
    }

    /// A point read, which never lags.
    pub fn get(&self, id: &ItemId) -> Option<Copy> {
        self.items.get(id).and_then(|item| self.copy(id, item))
    }

    /// The items that carry our tag, and in a two-way spoke the others too.
    fn seen<'a>(&'a self, items: &'a Items) -> impl Iterator<Item = Copy> + 'a {
        items.iter().filter_map(|(id, item)| self.copy(id, item))
    }

    fn copy(&self, id: &ItemId, item: &Item) -> Option<Copy> {
        let born = || self.two_way.as_ref().map(|(spoke, mailbox)| SourceKey::born(spoke, mailbox, id));
        Some(Copy {
            id: id.clone(),
            change_key: item.change_key.clone(),
            created: item.created,
            key: item.tag.clone().or_else(born)?,
            tagged: item.tag.is_some(),
            content: item.content.clone(),
        })
    }

    pub fn create(&mut self, tag: Option<SourceKey>, content: &Content, now: DateTime<Utc>) -> ItemId {
        self.made += 1;
        let id = ItemId::new(format!("i{:04}", self.made)).unwrap();
        // Single occurrences need their series: they are never part of a create.
        let mut content = normalised(content);
        content.put(Field::Occurrences, None);
        let item = Item { tag, content, change_key: self.next_version(), created: now };
        self.items.insert(id.clone(), item);
        self.remember(now);
        id
    }

    pub fn patch(
        &mut self,
        id: &ItemId,
        change_key: Option<&ChangeKey>,
        set: &BTreeMap<Field, Option<Value>>,
        now: DateTime<Utc>,
    ) -> Result<(), Effect> {
        let version = self.next_version();
        let item = self.items.get_mut(id).ok_or(Effect::Missing)?;
        if self.honours_if_match && change_key.is_some_and(|key| *key != item.change_key) {
            return Err(Effect::Conflict);
        }
        if set.contains_key(&Field::Timing) {
            item.content.put(Field::Occurrences, None);
        }
        for (field, value) in set {
            match (field, value) {
                (Field::Occurrences, Some(Value::Occurrences(wanted))) => {
                    bring_about(&mut item.content, wanted)
                }
                _ => item.content.put(*field, value.clone()),
            }
        }
        item.content = normalised(&item.content);
        if set.keys().any(|field| field.is_name_part()) && !set.contains_key(&Field::DisplayName) {
            item.content.set(Field::DisplayName, "derived by the server");
        }
        item.change_key = version;
        self.remember(now);
        Ok(())
    }

    pub fn delete(&mut self, id: &ItemId, now: DateTime<Utc>) {
        if self.items.remove(id).is_some() {
            self.remember(now);
        }
    }

    fn next_version(&mut self) -> ChangeKey {
        ChangeKey::new(format!("v{}", self.history.len())).unwrap()
    }

    fn remember(&mut self, now: DateTime<Utc>) {
        self.history.push((now, self.items.clone()));
    }
}

fn listed(copy: Copy) -> Listed {
    Listed {
        id: copy.id,
        change_key: copy.change_key,
        created: copy.created,
        key: copy.key,
        tagged: copy.tagged,
    }
}

/// Changes, resets and cancels single occurrences; what is cancelled stays so.
fn bring_about(content: &mut Content, wanted: &Occurrences) {
    let mut is = wanted.clone();
    if let Some(Value::Occurrences(before)) = content.get(Field::Occurrences) {
        let cancelled = before.iter().filter(|(_, occurrence)| **occurrence == Occurrence::Cancelled);
        is.extend(cancelled.map(|(date, occurrence)| (*date, occurrence.clone())));
    }
    content.set(Field::Occurrences, is);
}

/// The server stores texts in a form of its own: here without a blank at the end.
pub fn normalised(content: &Content) -> Content {
    let trim = |value: &Value| match value {
        Value::Text(text) => Value::from(text.trim_end()),
        other => other.clone(),
    };
    content.iter().map(|(field, value)| (field, trim(value))).collect()
}
