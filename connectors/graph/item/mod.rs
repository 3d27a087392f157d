//! An item on the wire, as far as all kinds are alike.

mod loose;
mod shape;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use sync::{ChangeKey, Content, Copy, Field, HubId, ItemId, SourceKey};

pub(super) use loose::{Loose, Members, WrongForm};
pub(super) use shape::Shape;

use super::error::{Error, Fault};
use super::event::About;
use super::{event, json, tag};

/// An item as the server gave it, as far as it could be understood.
#[derive(Default)]
pub(super) struct Item {
    pub id: Option<ItemId>,
    pub change_key: Option<ChangeKey>,
    pub created: Option<DateTime<Utc>>,
    pub folder: Option<String>,
    /// The item left the folder.
    pub removed: bool,
    /// The value of our extended property.
    pub tag: Option<String>,
    pub content: Content,
    /// What else is known of an event.
    pub event: About,
    /// A property had a form that Graph does not document.
    pub spoiled: bool,
    /// The answer was an error after all.
    error: Option<Box<Fault>>,
}

/// An item of the hub's folder, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub id: ItemId,
    /// Its version.
    pub change_key: ChangeKey,
    /// When it was created, by the server's clock.
    pub created: DateTime<Utc>,
    /// The identity in the hub that its tag names; none if a user made it.
    pub tag: Option<SourceKey>,
    /// What it holds.
    pub content: Content,
    /// Others are invited to it: the server would mail them if it were changed or deleted.
    pub invites: bool,
}

static FIELDS: LazyLock<HashMap<&'static str, Field>> = LazyLock::new(|| {
    let plain = Field::ALL.iter().filter(|field| Shape::of(**field).is_some());
    plain.map(|field| (field.name(), *field)).collect()
});

impl Item {
    /// Reads the answer to a request about one item; an error inside a success is an error.
    pub(super) fn read(place: &str, body: &[u8]) -> Result<Item, Error> {
        let mut item: Item = json::parse(place, body)?;
        match item.error.take() {
            Some(fault) => Err(fault.into_error(place, 200, None)),
            None => Ok(item),
        }
    }

    /// The identity in this hub that the item's tag names.
    pub(super) fn key(&self, hub: &HubId) -> Option<SourceKey> {
        tag::key(self.tag.as_deref()?, hub)
    }

    /// Whether the item is another hub's, and so neither ours nor a user's.
    pub(super) fn is_of_another(&self, hub: &HubId) -> bool {
        self.tag.is_some() && self.key(hub).is_none()
    }

    /// The item, whoever made it; `None` if it can't be understood.
    pub(super) fn into_found(self, hub: &HubId) -> Option<Found> {
        let tag = self.key(hub);
        let Item { id: Some(id), change_key: Some(change_key), created: Some(created), .. } = self else {
            return None;
        };
        let Item { content, event, spoiled, .. } = self;
        (!spoiled).then_some(Found { id, change_key, created, tag, content, invites: event.invites() })
    }

    /// The item as a copy of the hub's; `None` if it is not this hub's or can't be understood.
    pub(super) fn into_copy(self, hub: &HubId) -> Option<Copy> {
        self.into_found(hub)?.into_copy()
    }

    fn take(&mut self, field: Field, value: Loose) {
        let Some(shape) = Shape::of(field) else { return };
        match value.into_value(shape) {
            Ok(Some(value)) => self.content.set(field, value),
            Ok(None) => {}
            Err(WrongForm) => self.spoiled = true,
        }
    }

    fn take_event(&mut self, parts: Members) {
        match event::decode(parts, std::mem::take(&mut self.content)) {
            Ok((content, about)) => (self.content, self.event) = (content, about),
            Err(WrongForm) => self.spoiled = true,
        }
    }

    fn text<T>(&mut self, value: Loose, make: impl FnOnce(String) -> Option<T>) -> Option<T> {
        let made = value.text().ok().and_then(make);
        self.spoiled |= made.is_none();
        made
    }
}

impl Found {
    /// The item as a copy of the hub's; `None` if it carries no tag of it.
    pub fn into_copy(self) -> Option<Copy> {
        let Found { id, change_key, created, tag, content, .. } = self;
        Some(Copy { id, change_key, created, key: tag?, tagged: true, content })
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
        f.write_str("an item")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let (mut item, mut event) = (Item::default(), Members::default());
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
                Name::Event(name) => event.push(name, map.next_value()?),
                Name::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if !event.is_empty() {
            item.take_event(event);
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
    Event(&'static str),
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
            name => match (FIELDS.get(name), event::PARTS.iter().find(|part| **part == name)) {
                (Some(field), _) => Name::Field(*field),
                (None, Some(part)) => Name::Event(part),
                (None, None) => Name::Other,
            },
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
