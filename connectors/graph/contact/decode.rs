//! What comes back of a contact.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use sync::{ChangeKey, Content, Copy, Field, HubId, ItemId, SourceKey};

use super::loose::Loose;
use super::shape::Shape;
use crate::graph::error::{Error, Fault};
use crate::graph::{json, tag};

/// A contact as the server gave it, as far as it could be understood.
#[derive(Default)]
pub(in crate::graph) struct Item {
    pub id: Option<ItemId>,
    pub change_key: Option<ChangeKey>,
    pub created: Option<DateTime<Utc>>,
    pub folder: Option<String>,
    /// The item left the folder.
    pub removed: bool,
    /// The value of our extended property.
    pub tag: Option<String>,
    pub content: Content,
    /// A property had a form that Graph does not document.
    pub spoiled: bool,
    /// The answer was an error after all.
    error: Option<Box<Fault>>,
}

static FIELDS: LazyLock<HashMap<&'static str, Field>> =
    LazyLock::new(|| Field::ALL.iter().map(|field| (field.name(), *field)).collect());

impl Item {
    /// Reads the answer to a request about one contact; an error inside a success is an error.
    pub(in crate::graph) fn read(place: &str, body: &[u8]) -> Result<Item, Error> {
        let mut item: Item = json::parse(place, body)?;
        match item.error.take() {
            Some(fault) => Err(fault.into_error(place, 200, None)),
            None => Ok(item),
        }
    }

    /// The identity in this hub that the item's tag names.
    pub(in crate::graph) fn key(&self, hub: &HubId) -> Option<SourceKey> {
        tag::key(self.tag.as_deref()?, hub)
    }

    /// The item as a copy of the hub's; `None` if it is not this hub's or can't be understood.
    pub(in crate::graph) fn into_copy(self, hub: &HubId) -> Option<Copy> {
        let key = self.key(hub).filter(|_| !self.spoiled)?;
        let (id, change_key, created) = (self.id?, self.change_key?, self.created?);
        Some(Copy { id, change_key, created, key, tagged: true, content: self.content })
    }

    fn take(&mut self, field: Field, value: Loose) {
        match value.into_value(Shape::of(field)) {
            Ok(Some(value)) => self.content.set(field, value),
            Ok(None) => {}
            Err(_) => self.spoiled = true,
        }
    }

    fn text<T>(&mut self, value: Loose, make: impl FnOnce(String) -> Option<T>) -> Option<T> {
        let made = value.text().ok().and_then(make);
        self.spoiled |= made.is_none();
        made
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a contact")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut item = Item::default();
        while let Some(name) = map.next_key()? {
            match name {
                Name::Id => item.id = item.text(map.next_value()?, |text| ItemId::new(text).ok()),
                Name::ChangeKey => {
                    item.change_key = item.text(map.next_value()?, |text| ChangeKey::new(text).ok());
                }
                Name::Created => item.created = item.text(map.next_value()?, |text| text.parse().ok()),
                Name::Folder => item.folder = map.next_value::<Loose>()?.text().ok(),
                Name::Properties => item.tag = tag::item_of(map.next_value()?),
                Name::Error => item.error = Some(map.next_value()?),
                Name::Removed => {
                    map.next_value::<IgnoredAny>()?;
                    item.removed = true;
                }
                Name::Field(field) => item.take(field, map.next_value()?),
                Name::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(item)
    }
}

/// The name of a property.
enum Name {
    Id,
    ChangeKey,
    Created,
    Folder,
    Properties,
    Error,
    Removed,
    Field(Field),
    Other,
}

impl Name {
    fn of(name: &str) -> Name {
        match name {
            "id" => Name::Id,
            "changeKey" => Name::ChangeKey,
            "createdDateTime" => Name::Created,
            "parentFolderId" => Name::Folder,
            "singleValueExtendedProperties" => Name::Properties,
            "error" => Name::Error,
            "@removed" => Name::Removed,
            name => FIELDS.get(name).map_or(Name::Other, |field| Name::Field(*field)),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_identifier(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Name::of(name))
    }
}
