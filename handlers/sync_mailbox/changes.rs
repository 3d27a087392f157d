//! What a message changed in its mailboxes, for the audit log: an entry before the first write, and one with what was
//! done. Whoever is killed in between has left the first.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::{Value, json};
use sync::{Field, Intents, MailboxId, Op, Outcome, SourceKey};
use uuid::Uuid;

use super::visit::Visit;
use crate::audit::Actor;
use crate::host::Failure;

/// How much of a fingerprint stands for an item, in hexadecimal digits.
const FINGERPRINT: usize = 24;

/// What was done in one mailbox: identities and names of fields.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Changes {
    /// Its folder was made, or removed.
    pub folder: Option<Folder>,
    /// The items, by what was done.
    items: BTreeMap<Done, Vec<SourceKey>>,
    updates: BTreeMap<SourceKey, Vec<Field>>,
}

/// What was done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
enum Done {
    Creates,
    Deletes,
    /// Sent, and no answer came.
    Uncertain,
    /// Sent in an earlier attempt, and found to have happened.
    Confirmed,
    /// To be deleted, and found to be gone.
    Gone,
}

/// What was done to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Folder {
    Made,
    Removed,
}

impl Changes {
    /// Notes a write that was sent.
    pub fn note(&mut self, op: &Op, outcome: &Outcome) {
        match (outcome, op) {
            (Outcome::Left | Outcome::Failed(_), _) => {}
            (Outcome::Pending, _) => self.add(Done::Uncertain, op.key()),
            (Outcome::Done, Op::Create { key, .. }) => self.add(Done::Creates, key),
            (Outcome::Done, Op::Update { key, set, .. }) => {
                self.updates.insert(key.clone(), set.keys().copied().collect());
            }
            (Outcome::Done, _) => self.add(Done::Deletes, op.key()),
        }
    }

    /// Notes what the reading told of writes that an earlier attempt sent.
    pub fn note_found(&mut self, ops: &[Op], intents: &Intents) {
        for op in ops {
            match op {
                Op::Record { key, .. } if intents.contains_key(key) => self.add(Done::Confirmed, key),
                Op::Forget { key } => self.add(Done::Gone, key),
                _ => {}
            }
        }
    }

    fn add(&mut self, done: Done, key: &SourceKey) {
        self.items.entry(done).or_default().push(key.clone());
    }

    /// As it stands in the log, with the mailboxes that it was done in.
    fn told(&self, mailboxes: &[MailboxId]) -> Value {
        let items = self.items.iter().map(|(done, keys)| (*done, keys.iter().map(shown).collect()));
        let fields = |fields: &Vec<Field>| fields.iter().map(|field| field.name()).collect::<Vec<_>>();
        let updates: BTreeMap<_, _> =
            self.updates.iter().map(|(key, changed)| (shown(key), fields(changed))).collect();
        json!(Group { mailboxes, folder: self.folder, items: items.collect(), updates })
    }
}

/// Mailboxes in which the same was done.
#[derive(Serialize)]
struct Group<'a> {
    mailboxes: &'a [MailboxId],
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<Folder>,
    #[serde(flatten)]
    items: BTreeMap<Done, Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    updates: BTreeMap<String, Vec<&'static str>>,
}

/// An identity as it stands in the log, which is kept for long: people's object ids become pseudonyms there, and any
/// other id stands by its fingerprint, as whoever made a calendar may have put an address into it.
fn shown(key: &SourceKey) -> String {
    let id = key.as_str().strip_prefix(key.spoke()).unwrap_or_default().trim_start_matches(':');
    if Uuid::try_parse(id).is_ok() {
        return key.to_string();
    }
    let digest = digest(&SHA256, key.as_str().as_bytes());
    let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{}", key.spoke(), digits.get(..FINGERPRINT).unwrap_or_default())
}

impl Visit<'_> {
    /// Says in the audit log, once a message and before its first write, whose mailboxes are about to be written.
    pub(super) async fn begin_writing(&self) -> Result<(), Failure> {
        self.begun
            .get_or_try_init(|| self.log("writing", json!({ "mailboxes": self.job.mailboxes })))
            .await?;
        Ok(())
    }

    /// Logs what was done; nothing, if nothing was. Mailboxes in which the same was done share a group.
    pub(super) async fn log_changes(
        &self,
        changes: impl IntoIterator<Item = (MailboxId, Changes)>,
    ) -> Result<(), Failure> {
        let mut groups: BTreeMap<Changes, Vec<MailboxId>> = BTreeMap::new();
        for (mailbox, changes) in changes {
            if changes != Changes::default() {
                groups.entry(changes).or_default().push(mailbox);
            }
        }
        if groups.is_empty() {
            return Ok(());
        }
        let groups: Vec<_> = groups.iter().map(|(changes, mailboxes)| changes.told(mailboxes)).collect();
        self.log("written", json!({ "groups": groups })).await
    }

    async fn log(&self, action: &str, mut details: Value) -> Result<(), Failure> {
        let job = self.job;
        if let Value::Object(fields) = &mut details {
            fields.insert("hub".into(), json!(job.hub));
            fields.insert("run".into(), json!(job.run));
            fields.insert("part".into(), json!(job.part));
        }
        self.app.audit(&job.tenant, Actor::Wheelhouse, action, details).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_stands_by_object_id_and_anything_else_by_a_fingerprint() {
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        assert_eq!(shown(&SourceKey::of("directory", id)), format!("directory:{id}"));
        let feed = shown(&SourceKey::of("feed", "ana.kos@example.com-2026"));
        assert_eq!(feed.len(), "feed:".len() + FINGERPRINT);
        assert!(!feed.contains("ana"), "{feed}");
    }
}
