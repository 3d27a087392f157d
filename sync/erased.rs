//! Who was erased and must not come back, and what becomes of the copies of their items.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::event::Occurrence;
use crate::two_way::Overlay;
use crate::{Content, Field, MailboxId, Snapshot, SourceKey, Value, Who};

/// Everybody who was erased from a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Erased {
    /// The people.
    pub who: Who,
    /// Their items, as the hubs knew them.
    pub items: BTreeMap<SourceKey, Fate>,
}

/// What becomes of the copies of an erased item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// They stay where they are and are nobody's: neither counted nor changed nor deleted.
    Released,
    /// They go, whatever the guards say: somebody asked for it.
    Removed,
}

impl Erased {
    /// Whether nobody was erased.
    pub fn is_nobody(&self) -> bool {
        self.who.is_nobody()
    }

    /// What becomes of the copies of an item, if it is of somebody who was erased.
    pub fn fate(&self, key: &SourceKey) -> Option<Fate> {
        self.items.get(key).copied()
    }

    /// Whether an item is theirs: by its identity, or a contact by an address.
    ///
    /// An event belongs to all who are in it, so that an address makes it nobody's alone.
    pub fn keeps_out(&self, key: &SourceKey, content: &Content) -> bool {
        if self.is_nobody() {
            return false;
        }
        self.items.contains_key(key) || self.who.is(key.as_str()) || self.is_contact(content)
    }

    fn is_contact(&self, content: &Content) -> bool {
        let is_theirs = |field| match content.get(field) {
            Some(Value::Emails(emails)) => emails.iter().any(|email| self.who.is(&email.address)),
            Some(Value::List(texts)) => texts.iter().any(|text| self.who.is(text)),
            _ => false,
        };
        content.get(Field::Timing).is_none()
            && [Field::EmailAddresses, Field::ImAddresses].into_iter().any(is_theirs)
    }

    /// Takes their ids and addresses out of an item that is not theirs; whether there were any.
    pub fn clear(&self, content: &mut Content) -> bool {
        let named = self.named(content);
        let any = !named.is_empty();
        named.into_iter().for_each(|(field, value)| content.put(field, value));
        any
    }

    /// The fields that name them, with what is left of each.
    fn named(&self, content: &Content) -> Vec<(Field, Option<Value>)> {
        content.iter().filter_map(|(field, value)| Some((field, self.cleared(value)?))).collect()
    }

    /// A value without them, if they are named in it; nothing may be left of it.
    fn cleared(&self, value: &Value) -> Option<Option<Value>> {
        let left = match value {
            Value::Text(text) => Value::Text(self.who.erased_from(text)?),
            Value::List(texts) => Value::List(without(texts, |text| self.who.is_in(text))?),
            Value::Emails(emails) => Value::Emails(without(emails, |email| self.who.is(&email.address))?),
            Value::Body(body) => {
                let mut body = body.clone();
                body.content = self.who.erased_from(&body.content)?;
                Value::Body(body)
            }
            Value::Occurrences(occurrences) => {
                let mut left = occurrences.clone();
                let changed = left.values_mut().filter_map(|occurrence| match occurrence {
                    Occurrence::Changed(content) => Some(content),
                    Occurrence::Cancelled => None,
                });
                let cleared = changed.map(|content| self.clear(content)).filter(|any| *any).count();
                (cleared > 0).then_some(Value::Occurrences(left))?
            }
            Value::Address(_) | Value::Timing(_) => return None,
        };
        Some(Some(left).filter(|left| !left.is_empty()))
    }

    /// Takes everybody out of a directory; whether there was anybody, and the items that were theirs.
    pub fn strike_directory(&self, spoke: &str, directory: &mut Directory) -> (bool, BTreeSet<SourceKey>) {
        if self.is_nobody() {
            return (false, BTreeSet::new());
        }
        let (any, gone) = directory.strike(&self.who);
        (any, gone.iter().map(|id| SourceKey::of(spoke, id)).collect())
    }

    /// The same of a folder, calendar or file.
    pub fn strike_items(
        &self,
        spoke: &str,
        items: &mut BTreeMap<String, Content>,
    ) -> (bool, BTreeSet<SourceKey>) {
        let (mut any, mut gone) = (false, BTreeSet::new());
        if self.is_nobody() {
            return (any, gone);
        }
        items.retain(|id, content| {
            let key = SourceKey::of(spoke, id);
            if self.keeps_out(&key, content) {
                gone.insert(key);
                return false;
            }
            any |= self.clear(content);
            true
        });
        (any || !gone.is_empty(), gone)
    }

    /// Takes everybody out of a snapshot: the hub counts as if it had never had them. Answers with the items.
    pub fn strike_snapshot(&self, snapshot: &mut Snapshot) -> BTreeSet<SourceKey> {
        if self.is_nobody() {
            return BTreeSet::new();
        }
        let parts = snapshot.aliases.iter().filter(|(part, _)| self.who.is(part.as_str()));
        let mut gone: BTreeSet<SourceKey> = parts.map(|(_, whole)| whole.clone()).collect();
        let theirs = snapshot.items.iter().filter(|(key, content)| self.keeps_out(key, content));
        gone.extend(theirs.map(|(key, _)| key.clone()));
        let before = snapshot.items.len();
        snapshot.items.retain(|key, _| !gone.contains(key));
        snapshot.last_good = snapshot.last_good.saturating_sub(before - snapshot.items.len());
        snapshot.items.values_mut().for_each(|content| self.clear_shared(content));
        let stays = |key: &SourceKey| !gone.contains(key) && !self.who.is(key.as_str());
        snapshot.provenance.retain(|key, _| stays(key));
        snapshot.aliases.retain(|part, whole| stays(part) && stays(whole));
        snapshot.past.retain(|key, _| stays(key));
        snapshot.outside.retain(stays);
        snapshot.refused.retain(|mailbox, refusals| {
            refusals.retain(|key, _| stays(key));
            !refusals.is_empty() && !self.who.is(mailbox.as_str())
        });
        gone
    }

    /// The mailbox of somebody who was erased is served no more.
    pub fn strike_audience(&self, audience: &mut BTreeMap<MailboxId, String>) {
        audience.retain(|mailbox, _| !self.who.is(mailbox.as_str()));
    }

    /// Shared content is copied only where something has to go.
    fn clear_shared(&self, content: &mut Arc<Content>) {
        if !self.named(content).is_empty() {
            self.clear(Arc::make_mut(content));
        }
    }

    /// Takes everybody out of what users changed.
    pub fn strike_overlay(&self, overlay: &mut Overlay) {
        if self.is_nobody() {
            return;
        }
        overlay.added.retain(|key, added| !self.keeps_out(key, &added.content));
        for added in overlay.added.values_mut() {
            self.clear(&mut added.content);
        }
        let stays = |key: &SourceKey| !self.items.contains_key(key) && !self.who.is(key.as_str());
        overlay.edits.retain(|key, _| stays(key));
        for edit in overlay.edits.values_mut().flat_map(BTreeMap::values_mut) {
            if let Some(left) = edit.value.as_ref().and_then(|value| self.cleared(value)) {
                edit.value = left;
            }
        }
        overlay.removed.retain(|key, _| stays(key));
        overlay.judged.retain(|mailbox, _| !self.who.is(mailbox.as_str()));
    }
}

/// A list without some of its entries, if there are any of them.
fn without<T: Clone>(list: &[T], goes: impl Fn(&T) -> bool) -> Option<Vec<T>> {
    let left: Vec<T> = list.iter().filter(|one| !goes(one)).cloned().collect();
    (left.len() < list.len()).then_some(left)
}
