//! MAPI extended properties by their textual ids: `String {GUID} Name whSourceId`.

use serde_json::Value;
use uuid::Uuid;

use super::refusal::Refusal;

const TYPES: [&str; 7] = ["String", "Integer", "Boolean", "Double", "Long", "SystemTime", "Binary"];

/// The id of an extended property; type and property set compare without regard to case, the name with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExtendedId {
    kind: String,
    set: Option<Uuid>,
    name: String,
    text: String,
}

/// An extended property that an item or folder carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extended {
    pub(crate) id: ExtendedId,
    pub(crate) value: String,
}

impl ExtendedId {
    /// Reads an id; the text itself is kept for answers.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        Self::parse(text).ok_or_else(|| {
            Refusal::new(
                400,
                "ErrorInvalidProperty",
                format!("The extended property id '{text}' is not valid."),
            )
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.trim().split_once(' ')?;
        let kind = TYPES.iter().find(|known| known.eq_ignore_ascii_case(kind))?;
        let (set, name) = match rest.trim().split_once(' ') {
            None => (None, tag(rest.trim())?),
            Some((set, name)) => (Some(property_set(set)?), member(name.trim())?),
        };
        Some(Self { kind: (*kind).to_owned(), set, name, text: text.to_owned() })
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        (&self.kind, self.set, &self.name) == (&other.kind, other.set, &other.name)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

fn property_set(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text.trim_start_matches('{').trim_end_matches('}')).ok()
}

fn tag(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    u32::from_str_radix(digits, 16).ok().map(|number| format!("0x{number:x}"))
}

fn member(text: &str) -> Option<String> {
    let (word, name) = text.split_once(' ')?;
    match word.to_ascii_lowercase().as_str() {
        "name" if !name.is_empty() => Some(format!("name {name}")),
        "id" => tag(name).map(|number| format!("id {number}")),
        _ => None,
    }
}

/// Sets the properties of a request body on an item: each replaces the one of its id.
pub(crate) fn merge(into: &mut Vec<Extended>, sent: &Value) -> Result<(), Refusal> {
    let list = sent.as_array().ok_or_else(|| wrong("must be a collection"))?;
    for entry in list {
        let (id, value) = pair(entry)?;
        match into.iter_mut().find(|held| held.id.same(&id)) {
            Some(held) => held.value = value,
            None => into.push(Extended { id, value }),
        }
    }
    Ok(())
}

fn pair(entry: &Value) -> Result<(ExtendedId, String), Refusal> {
    let id = entry.get("id").and_then(Value::as_str).ok_or_else(|| wrong("needs an id"))?;
    let value =
        entry.get("value").and_then(Value::as_str).ok_or_else(|| wrong("needs a value that is a string"))?;
    Ok((ExtendedId::read(id)?, value.to_owned()))
}

fn wrong(what: &str) -> Refusal {
    Refusal::bad_request(format!("singleValueExtendedProperties {what}."))
}
