//! What a message changed in its mailboxes, for the audit log: an entry before the first write, and one with what was
//! done.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use sync::{Field, MailboxId};

use super::lane::Lane;
use super::visit::Visit;
use crate::audit::{Actor, shown_key};
use crate::host::Failure;
use crate::tables::{Changes, Deed, FolderDeed};

/// What was done, as it stands in the log, with the mailboxes that it was done in.
fn told(changes: &Changes, mailboxes: &[MailboxId]) -> Value {
    let items = changes.items.iter().map(|(deed, keys)| (*deed, keys.iter().map(shown_key).collect()));
    let fields = |fields: &Vec<Field>| fields.iter().map(|field| field.name()).collect::<Vec<_>>();
    let updates: BTreeMap<_, _> =
        changes.updates.iter().map(|(key, changed)| (shown_key(key), fields(changed))).collect();
    json!(Group { mailboxes, folder: changes.folder, items: items.collect(), updates })
}

/// Mailboxes in which the same was done.
#[derive(Serialize)]
struct Group<'a> {
    mailboxes: &'a [MailboxId],
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<FolderDeed>,
    #[serde(flatten)]
    items: BTreeMap<Deed, Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    updates: BTreeMap<String, Vec<&'static str>>,
}

impl Visit<'_> {
    /// Says in the audit log, once a message and before its first write, whose mailboxes are about to be written.
    pub(super) async fn begin_writing(&self) -> Result<(), Failure> {
        self.begun
            .get_or_try_init(|| self.log("writing", json!({ "mailboxes": self.job.mailboxes })))
            .await?;
        Ok(())
    }

    /// Logs what was done, and how a message ended that began to write; mailboxes in which the same was done share a group.
    ///
    /// What is stored of a mailbox keeps what was done until it stands here: whoever is killed before leaves it to the
    /// next visit, which finds it there or, of the writes that were sent last, in the mailbox.
    pub(super) async fn log_changes(&self, lanes: &mut [Lane<'_>]) -> Result<(), Failure> {
        let mut groups: BTreeMap<Changes, Vec<MailboxId>> = BTreeMap::new();
        for lane in lanes {
            let changes = std::mem::take(&mut lane.state.unlogged);
            if !changes.is_empty() {
                groups.entry(changes).or_default().push(lane.mailbox.clone());
            }
        }
        if groups.is_empty() && !self.begun.initialized() && !self.again {
            return Ok(());
        }
        let groups: Vec<_> = groups.iter().map(|(changes, mailboxes)| told(changes, mailboxes)).collect();
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
