//! What a field holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::{Occurrences, Timing};

/// The value of one field, never empty: an empty value is an absent field.
///
/// `Debug` shows the shape only, for a value is personal data.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Value {
    /// One text.
    Text(String),
    /// Texts in order.
    List(Vec<String>),
    /// E-mail addresses in order.
    Emails(Vec<Email>),
    /// A postal address.
    Address(Box<Address>),
    /// The text of an event.
    Body(Box<Body>),
    /// When an event is.
    Timing(Box<Timing>),
    /// The occurrences that are not as their series says.
    Occurrences(Box<Occurrences>),
}

/// The text of an event, with its kind.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// How `content` is to be read.
    pub content_type: ContentType,
    /// The text.
    pub content: String,
}

/// How a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContentType {
    /// As it stands.
    Text,
    /// As HTML.
    Html,
}

impl ContentType {
    /// Graph's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            ContentType::Text => "text",
            ContentType::Html => "html",
        }
    }
}

/// An e-mail address with the name shown beside it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Email {
    /// The address.
    pub address: String,
    /// The name shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// A postal address; an empty part is unset.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Address {
    /// Street and number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub street: String,
    /// City.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub city: String,
    /// State or province.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// Postal code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
    /// Country or region.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country_or_region: String,
}

impl Address {
    /// The parts in Graph's order.
    pub fn parts(&self) -> [&str; 5] {
        [&self.street, &self.city, &self.state, &self.postal_code, &self.country_or_region]
    }
}

impl Value {
    /// Whether nothing is in it: such a value never enters a [`Content`](crate::Content).
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) => text.is_empty(),
            Value::List(texts) => texts.is_empty(),
            Value::Emails(emails) => emails.is_empty(),
            Value::Address(address) => address.parts().iter().all(|part| part.is_empty()),
            Value::Body(body) => body.content.is_empty(),
            Value::Timing(_) => false,
            Value::Occurrences(occurrences) => occurrences.is_empty(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Value::List(texts)
    }
}

impl From<Vec<Email>> for Value {
    fn from(emails: Vec<Email>) -> Self {
        Value::Emails(emails)
    }
}

impl From<Address> for Value {
    fn from(address: Address) -> Self {
        Value::Address(Box::new(address))
    }
}

impl From<Body> for Value {
    fn from(body: Body) -> Self {
        Value::Body(Box::new(body))
    }
}

impl From<Timing> for Value {
    fn from(timing: Timing) -> Self {
        Value::Timing(Box::new(timing))
    }
}

impl From<Occurrences> for Value {
    fn from(occurrences: Occurrences) -> Self {
        Value::Occurrences(Box::new(occurrences))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Value::List(texts) => write!(f, "List({})", texts.len()),
            Value::Emails(emails) => write!(f, "Emails({})", emails.len()),
            Value::Address(_) => write!(f, "Address"),
            Value::Body(body) => write!(f, "Body({} bytes)", body.content.len()),
            Value::Timing(_) => write!(f, "Timing"),
            Value::Occurrences(occurrences) => write!(f, "Occurrences({})", occurrences.len()),
        }
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email")
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}
