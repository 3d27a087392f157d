//! What is sent of a contact.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use sync::{Address, Content, Email, Field, Value};

use super::shape::Shape;
use crate::graph::tag::{self, Tag};

/// The body of a request about a contact or its folder.
pub(in crate::graph) enum Body<'a> {
    /// A new contact.
    Create {
        /// What it shall hold.
        content: &'a Content,
        /// Whose copy it is.
        tag: Tag<'a>,
    },
    /// The fields that change; `None` clears one.
    Patch(&'a BTreeMap<Field, Option<Value>>),
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match self {
            Body::Create { content, tag } => {
                for (field, value) in content.iter() {
                    map.serialize_entry(field.name(), &Wire(field, Some(value)))?;
                }
                map.serialize_entry("singleValueExtendedProperties", &[tag::Property::item(tag)])?;
            }
            Body::Patch(set) => {
                for (field, value) in *set {
                    map.serialize_entry(field.name(), &Wire(*field, value.as_ref()))?;
                }
            }
        }
        map.end()
    }
}

/// One field; `None` is the form that clears it.
struct Wire<'a>(Field, Option<&'a Value>);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (self.1, Shape::of(self.0)) {
            (Some(Value::Text(text)), Shape::Date) => to.collect_str(&format_args!("{text}T00:00:00Z")),
            (Some(Value::Text(text)), _) => to.serialize_str(text),
            (Some(Value::List(texts)), _) => texts.serialize(to),
            (Some(Value::Emails(emails)), _) => to.collect_seq(emails.iter().map(WireEmail)),
            (Some(Value::Address(address)), _) => address_to(address, to),
            (None, Shape::List | Shape::Emails) => to.collect_seq::<[(); 0]>([]),
            (None, Shape::Address) => address_to(&Address::default(), to),
            (None, Shape::Text | Shape::Date) => to.serialize_none(),
        }
    }
}

struct WireEmail<'a>(&'a Email);

impl Serialize for WireEmail<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Email { address, name } = self.0;
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("address", address)?;
        if !name.is_empty() {
            map.serialize_entry("name", name)?;
        }
        map.end()
    }
}

/// An address is replaced as a whole: a part that is not filled has to be cleared.
fn address_to<S: Serializer>(address: &Address, to: S) -> Result<S::Ok, S::Error> {
    let names = ["street", "city", "state", "postalCode", "countryOrRegion"];
    let parts = address.parts().map(|part| (!part.is_empty()).then_some(part));
    to.collect_map(names.into_iter().zip(parts))
}
