//! The marks by which we know our own: on a folder, on an item.
//!
//! <https://learn.microsoft.com/graph/api/resources/extended-properties-overview>

use serde::{Deserialize, Serialize};
use sync::{HubId, SourceKey};

/// Marks an item: `{hub}/{source key}`.
pub(super) const ITEM: &str = "String {7c1f0a52-6f0e-4c63-9a5e-3b7d2a9c81f4} Name WheelhouseItem";

/// Marks a folder: the hub's id.
pub(super) const HUB: &str = "String {7c1f0a52-6f0e-4c63-9a5e-3b7d2a9c81f4} Name WheelhouseHub";

/// Whose copy an item is.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    pub hub: &'a HubId,
    pub key: &'a SourceKey,
}

impl std::fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.hub, self.key)
    }
}

/// An extended property as Graph writes it.
#[derive(Serialize, Deserialize)]
pub(super) struct Property {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub value: Option<String>,
}

impl Property {
    pub(super) fn item(tag: &Tag<'_>) -> Self {
        Property { id: ITEM.to_owned(), value: Some(tag.to_string()) }
    }

    pub(super) fn hub(hub: &HubId) -> Self {
        Property { id: HUB.to_owned(), value: Some(hub.to_string()) }
    }

    /// Whether it is the one of this id; the server may write the GUID in either case.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }
}

/// The value of our item mark.
pub(super) fn item_of(properties: Option<Vec<Property>>) -> Option<String> {
    properties?.into_iter().find(|property| property.is(ITEM))?.value
}

/// The identity that a mark names, if it is this hub's.
pub(super) fn key(tag: &str, hub: &HubId) -> Option<SourceKey> {
    let (owner, key) = tag.split_once('/')?;
    if owner == hub.as_str() { SourceKey::new(key).ok() } else { None }
}

/// The query option that brings a mark along; it must not stand in a delta request.
pub(super) fn expand(id: &str) -> String {
    format!("$expand={}", mark(id))
}

/// A mark as one of the things to be brought along.
pub(super) fn mark(id: &str) -> String {
    format!("singleValueExtendedProperties($filter=id%20eq%20'{}')", escaped(id))
}

/// The query option that finds an item by its mark.
pub(super) fn filter(tag: Tag<'_>) -> String {
    let value = escaped(&tag.to_string().replace('\'', "''"));
    let id = escaped(ITEM);
    format!(
        "$filter=singleValueExtendedProperties/Any(ep:%20ep/id%20eq%20'{id}'%20and%20ep/value%20eq%20'{value}')"
    )
}

/// A text as a part of a path or query.
pub(super) fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
