//! What two-way spokes changed in the hub, kept beside what its sources hold.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ruling::{Ruling, Verdict};
use crate::{Content, Field, MailboxId, Print, Prints, Snapshot, SourceKey, Value};

/// The changes of users that the hub took, until their sources change the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Overlay {
    /// Fields that users changed, of items that a source contributes.
    pub edits: BTreeMap<SourceKey, BTreeMap<Field, Edit>>,
    /// Items that users made, or kept when their source dropped them.
    pub added: BTreeMap<SourceKey, Added>,
    /// Items that users deleted while their source still has them.
    pub removed: BTreeMap<SourceKey, Removed>,
    /// Which proposals of each mailbox were judged last.
    pub judged: BTreeMap<MailboxId, Judged>,
}

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    /// The spoke of the mailbox.
    pub spoke: String,
    /// The mailbox; none if an admin restored a value.
    pub mailbox: Option<MailboxId>,
}

/// One field as a user wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// The value; `None` clears the field.
    pub value: Option<Value>,
    /// What the sources held when the hub took it: once they hold something else, they changed it later.
    pub over: Option<Print>,
    /// Whose it is.
    pub by: Author,
}

/// An item that no source contributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Added {
    /// What it holds.
    pub content: Content,
    /// Who made it.
    pub by: Author,
}

/// An item that users deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// What the sources held when it was deleted: an edit there brings it back.
    pub over: Prints,
    /// Who deleted it.
    pub by: Author,
}

/// Which proposals of a mailbox were judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Judged {
    /// Their mark.
    pub mark: String,
    /// Those about items that the hub did not have just then: they are judged should it have them again.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unheard: BTreeSet<SourceKey>,
}

impl Overlay {
    /// Lays a value over what the sources hold; answers whether there is such an item.
    pub fn change(
        &mut self,
        merged: &Snapshot,
        (key, field): (&SourceKey, Field),
        value: Option<&Value>,
        by: &Author,
    ) -> bool {
        if let Some(added) = self.added.get_mut(key) {
            added.content.put(field, value.cloned());
            return true;
        }
        let Some(source) = merged.items.get(key) else { return false };
        let over = source.print(field);
        let fields = self.edits.entry(key.clone()).or_default();
        if value.map(Value::print) == over {
            fields.remove(&field);
        } else {
            fields.insert(field, Edit { value: value.cloned(), over, by: by.clone() });
        }
        true
    }

    /// Gives way to what the sources changed later, and forgets what is about items that they dropped.
    pub(super) fn make_way(&mut self, merged: &Snapshot) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (key, fields) in &mut self.edits {
            match merged.items.get(key) {
                Some(source) => fields.retain(|&field, edit| edit.stays(key, field, source, &mut verdicts)),
                None if merged.complete => {
                    let gone = std::mem::take(fields).into_iter();
                    verdicts.extend(gone.map(|(field, edit)| superseded(key, field, &edit.by, edit.value)));
                }
                None => {}
            }
        }
        self.edits.retain(|_, fields| !fields.is_empty());
        self.removed.retain(|key, removed| match merged.items.get(key) {
            Some(source) => source.prints() == removed.over,
            None => !merged.complete,
        });
        self.added.retain(|key, added| match merged.items.get(key) {
            Some(source) => {
                let differs =
                    |(field, _): &(Field, &Value)| source.print(*field) != added.content.print(*field);
                let lost = added.content.iter().filter(differs);
                verdicts.extend(
                    lost.map(|(field, value)| superseded(key, field, &added.by, Some(value.clone()))),
                );
                false
            }
            None => true,
        });
        verdicts
    }
}

impl Edit {
    /// Whether the source holds what it held when the edit was taken.
    fn stays(
        &mut self,
        key: &SourceKey,
        field: Field,
        source: &Content,
        verdicts: &mut Vec<Verdict>,
    ) -> bool {
        let now = source.print(field);
        let stays = now == self.over;
        if !stays && now != self.value.as_ref().map(Value::print) {
            verdicts.push(superseded(key, field, &self.by, self.value.take()));
        }
        stays
    }
}

fn superseded(key: &SourceKey, field: Field, by: &Author, lost: Option<Value>) -> Verdict {
    let (mailbox, ruling) = (by.mailbox.clone(), Ruling::Superseded);
    Verdict { mailbox, key: key.clone(), field: Some(field), ruling, lost }
}
