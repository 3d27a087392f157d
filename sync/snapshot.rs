//! The hub's merged content at one version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Content, SourceKey};

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
