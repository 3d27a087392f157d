//! A mailbox as a server keeps it: items, versions, a change log, listings that lag.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use sync::{ChangeKey, Content, Copy, Effect, Field, ItemId, Listed, Mailbox, Reading, SourceKey, Value};

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
}

/// Seconds since the world began, as a time.
pub fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

impl Server {
    pub fn new(honours_if_match: bool) -> Self {
        Server { items: Items::new(), history: vec![(at(0), Items::new())], made: 0, honours_if_match }
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
        mailbox.listed = tagged(&self.history[token].1).map(listed).collect();
        (mailbox, token)
    }

    /// What changed since a token, as the listing shows it.
    pub fn delta(&self, since: usize, now: DateTime<Utc>, lag: i64) -> (Mailbox, usize) {
        let token = self.visible(now, lag).max(since);
        let (before, after) = (&self.history[since].1, &self.history[token].1);
        let mut mailbox = Mailbox::unread(Reading::Changes);
        mailbox.gone = before.keys().filter(|id| !after.contains_key(*id)).cloned().collect();
        let moved = |copy: &Copy| before.get(&copy.id) != after.get(&copy.id);
        mailbox.listed = tagged(after).filter(moved).map(listed).collect();
        (mailbox, token)
    }

    /// Items that carry one of these tags, as a filter over a lagging listing shows them.
    pub fn find(&self, keys: &BTreeSet<SourceKey>, now: DateTime<Utc>, lag: i64) -> Vec<Listed> {
        let all = tagged(&self.history[self.visible(now, lag)].1);
        all.filter(|copy| keys.contains(&copy.key)).map(listed).collect()
    }

    /// A point read, which never lags.
    pub fn get(&self, id: &ItemId) -> Option<Copy> {
        self.items.get(id).and_then(|item| copy(id, item))
    }

    pub fn create(&mut self, tag: Option<SourceKey>, content: &Content, now: DateTime<Utc>) -> ItemId {
        self.made += 1;
        let id = ItemId::new(format!("i{:04}", self.made)).unwrap();
        let item = Item { tag, content: normalised(content), change_key: self.next_version(), created: now };
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
        for (field, value) in set {
            item.content.set(*field, value.clone().unwrap_or_else(|| Value::from("")));
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

fn tagged(items: &Items) -> impl Iterator<Item = Copy> {
    items.iter().filter_map(|(id, item)| copy(id, item))
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

fn copy(id: &ItemId, item: &Item) -> Option<Copy> {
    Some(Copy {
        id: id.clone(),
        change_key: item.change_key.clone(),
        created: item.created,
        key: item.tag.clone()?,
        tagged: true,
        content: item.content.clone(),
    })
}

/// The server stores texts in a form of its own: here without a blank at the end.
pub fn normalised(content: &Content) -> Content {
    let trim = |value: &Value| match value {
        Value::Text(text) => Value::from(text.trim_end()),
        other => other.clone(),
    };
    content.iter().map(|(field, value)| (field, trim(value))).collect()
}
