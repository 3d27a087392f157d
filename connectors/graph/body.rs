//! What is sent of an item.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use sync::hub::Kind;
use sync::{Content, Field, Value};

use super::tag::{Property, Tag};
use super::{contact, event};

/// The body of a request about an item.
pub(super) enum Body<'a> {
    /// A new item.
    Create {
        /// What it is.
        kind: Kind,
        /// What it shall hold.
        content: &'a Content,
        /// Whose copy it is.
        tag: Tag<'a>,
        /// What lets the server know the same create again; of events only.
        transaction: Option<&'a str>,
    },
    /// The fields of an item that change; `None` clears one.
    Patch {
        /// What it is.
        kind: Kind,
        /// The fields.
        set: &'a BTreeMap<Field, Option<Value>>,
        /// Whose copy it is.
        tag: Tag<'a>,
    },
    /// The fields of one occurrence of a series that change; it carries no mark of its own.
    Occurrence(&'a BTreeMap<Field, Option<Value>>),
}

const MARK: &str = "singleValueExtendedProperties";

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match self {
            Body::Create { kind, content, tag, transaction } => {
                match kind {
                    Kind::Contacts => {
                        content.iter().try_for_each(|(field, value)| put(&mut map, *kind, field, Some(value)))
                    }
                    Kind::Events => event::put_all(&mut map, content, *transaction),
                }?;
                map.serialize_entry(MARK, &[Property::item(tag)])?;
            }
            Body::Patch { kind, set, tag } => {
                for (field, value) in *set {
                    put(&mut map, *kind, *field, value.as_ref())?;
                }
                map.serialize_entry(MARK, &[Property::item(tag)])?;
            }
            Body::Occurrence(set) => {
                for (field, value) in *set {
                    event::put_of_occurrence(&mut map, *field, value.as_ref())?;
                }
            }
        }
        map.end()
    }
}

fn put<M: SerializeMap>(to: &mut M, kind: Kind, field: Field, value: Option<&Value>) -> Result<(), M::Error> {
    match kind {
        Kind::Contacts => contact::put(to, field, value),
        Kind::Events => event::put(to, field, value),
    }
}
