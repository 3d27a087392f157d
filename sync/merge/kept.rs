//! What a spoke that was not read to its end is known to hold: what the last snapshot has from it.

use std::sync::Arc;

use super::entries::marks;
use crate::hub::MatchBy;
use crate::{Content, Snapshot, SourceKey};

/// What the last snapshot has from an entry that was not read now.
pub struct Kept {
    pub key: SourceKey,
    /// The item that it is a part of.
    pub item: SourceKey,
    /// The fields that came from it.
    pub content: Arc<Content>,
    /// As of an entry that was read, as far as they can be told.
    pub marks: Vec<String>,
}

/// What the last snapshot has from a spoke, but for what was read.
pub fn kept(
    last: &Snapshot,
    spoke: &str,
    by: Option<MatchBy>,
    is_read: impl Fn(&SourceKey) -> bool,
) -> Vec<Kept> {
    let own = last.items.keys().map(|key| (key, key));
    let all = own.chain(&last.aliases).filter(|(key, _)| key.spoke() == spoke && !is_read(key));
    let kept = all.filter_map(|(key, item)| {
        let content = from_spoke(last, spoke, item, last.items.get(item)?);
        let marks = marks(by, &content, None);
        Some(Kept { key: key.clone(), item: item.clone(), content, marks })
    });
    // An entry whose every field another one fills is still a part of its item.
    kept.filter(|kept| !kept.content.is_empty() || kept.key != kept.item).collect()
}

/// The fields of an item that came from this spoke.
fn from_spoke(last: &Snapshot, spoke: &str, item: &SourceKey, content: &Arc<Content>) -> Arc<Content> {
    if item.spoke() == spoke && !last.provenance.contains_key(item) {
        return Arc::clone(content);
    }
    let own = content.iter().filter(|(field, _)| last.provenance_of(item, *field) == spoke);
    Arc::new(own.map(|(field, value)| (field, value.clone())).collect())
}
