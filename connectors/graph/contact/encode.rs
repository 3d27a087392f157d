//! What is sent of a contact.

use serde::ser::{Serialize, SerializeMap, Serializer};
use sync::{Address, Email, Field, Value};

use crate::graph::item::Shape;

/// Writes a field as the property that it is; `None` clears it.
pub(in crate::graph) fn put<M: SerializeMap>(
    to: &mut M,
    field: Field,
    value: Option<&Value>,
) -> Result<(), M::Error> {
    match Shape::of(field) {
        Some(shape) => to.serialize_entry(field.name(), &Wire(shape, value)),
        None => Ok(()),
    }
}

/// One field; `None` is the form that clears it.
struct Wire<'a>(Shape, Option<&'a Value>);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (self.1, self.0) {
            (Some(Value::Text(text)), Shape::Date) => to.collect_str(&format_args!("{text}T00:00:00Z")),
            (Some(Value::Text(text)), _) => to.serialize_str(text),
            (Some(Value::List(texts)), _) => texts.serialize(to),
            (Some(Value::Emails(emails)), _) => to.collect_seq(emails.iter().map(WireEmail)),
            (Some(Value::Address(address)), _) => address_to(address, to),
            (_, Shape::List | Shape::Emails) => to.collect_seq::<[(); 0]>([]),
            (_, Shape::Address) => address_to(&Address::default(), to),
            (_, Shape::Text | Shape::Date) => to.serialize_none(),
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
