//! What an item holds, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Field, Print, Prints, Value, notes};

/// The filled fields of one item; a field that is absent is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(BTreeMap<Field, Value>);

impl Content {
    /// Sets a field; an empty value clears it.
    pub fn set(&mut self, field: Field, value: impl Into<Value>) {
        let value = value.into();
        if value.is_empty() {
            self.0.remove(&field);
        } else {
            self.0.insert(field, value);
        }
    }

    /// Sets a field to a value, or clears it.
    pub fn put(&mut self, field: Field, value: Option<Value>) {
        match value {
            Some(value) => self.set(field, value),
            None => drop(self.0.remove(&field)),
        }
    }

    /// The field's value, if it is filled.
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.0.get(&field)
    }

    /// The field's text, if it is filled and holds one.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The filled fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// Whether it is an event that its owner keeps to themselves.
    pub fn is_private(&self) -> bool {
        matches!(self.text(Field::Sensitivity), Some("private" | "confidential"))
    }

    /// Whether no field is filled.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fingerprint of one field, if it is filled; of the notes only our own block counts.
    pub fn print(&self, field: Field) -> Option<Print> {
        match self.get(field) {
            Some(Value::Text(text)) if field == Field::PersonalNotes => {
                notes::ours(text).map(|block| Value::from(block).print())
            }
            value => value.map(Value::print),
        }
    }

    /// The fingerprints of all filled fields.
    pub fn prints(&self) -> Prints {
        let mut prints = Prints::with_capacity(self.0.len());
        prints.extend(self.0.keys().filter_map(|&field| Some((field, self.print(field)?))));
        prints
    }
}

impl<V: Into<Value>> FromIterator<(Field, V)> for Content {
    fn from_iter<I: IntoIterator<Item = (Field, V)>>(fields: I) -> Self {
        let mut content = Content::default();
        for (field, value) in fields {
            content.set(field, value);
        }
        content
    }
}
