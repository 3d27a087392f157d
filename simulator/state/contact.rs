//! A contact as the mailbox keeps it, and how Graph shows it.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value};

use super::extended::{Extended, ExtendedId};
use super::ids::Ids;
use super::mailbox::Item;
use super::refusal::Refusal;

/// What a field of a contact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A collection of strings, with the most entries it takes.
    Texts(usize),
    Emails,
    Address,
    Date,
}

/// The writable fields, in the order of Graph's answers.
pub(crate) const FIELDS: [(&str, Kind); 33] = [
    ("categories", Kind::Texts(usize::MAX)),
    ("birthday", Kind::Date),
    ("fileAs", Kind::Text),
    ("displayName", Kind::Text),
    ("givenName", Kind::Text),
    ("initials", Kind::Text),
    ("middleName", Kind::Text),
    ("nickName", Kind::Text),
    ("surname", Kind::Text),
    ("title", Kind::Text),
    ("yomiGivenName", Kind::Text),
    ("yomiSurname", Kind::Text),
    ("yomiCompanyName", Kind::Text),
    ("generation", Kind::Text),
    ("imAddresses", Kind::Texts(3)),
    ("jobTitle", Kind::Text),
    ("companyName", Kind::Text),
    ("department", Kind::Text),
    ("officeLocation", Kind::Text),
    ("profession", Kind::Text),
    ("businessHomePage", Kind::Text),
    ("assistantName", Kind::Text),
    ("manager", Kind::Text),
    ("homePhones", Kind::Texts(2)),
    ("mobilePhone", Kind::Text),
    ("businessPhones", Kind::Texts(2)),
    ("spouseName", Kind::Text),
    ("personalNotes", Kind::Text),
    ("children", Kind::Texts(usize::MAX)),
    ("emailAddresses", Kind::Emails),
    ("homeAddress", Kind::Address),
    ("businessAddress", Kind::Address),
    ("otherAddress", Kind::Address),
];

/// Fields of an item that no client writes.
pub(crate) const STAMPS: [&str; 4] =
    ["changeKey", "createdDateTime", "lastModifiedDateTime", "parentFolderId"];

/// One version of a contact.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) serial: u64,
    pub(crate) folder: u64,
    /// The mailbox's write count when this version was written.
    pub(crate) version: u64,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    /// Made in Outlook, not through Graph: unset strings read `""` instead of `null`.
    pub(crate) outlook_made: bool,
    /// One value per entry of [`FIELDS`]; `Null` is unset.
    pub(crate) fields: Vec<Value>,
    pub(crate) extended: Vec<Extended>,
}

/// Which fields of a contact a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Select(u64);

/// How a contact is shown.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) select: Select,
    pub(crate) immutable: bool,
    pub(crate) expand: Vec<ExtendedId>,
    /// Deltas name the type of each entry.
    pub(crate) typed: bool,
}

impl Select {
    pub(crate) const ALL: Self = Self(u64::MAX);

    /// Reads a `$select` list of contact properties.
    pub(crate) fn read(list: &str) -> Result<Self, Refusal> {
        let names = list.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "id" | "@odata.etag"));
        names.map(bit).try_fold(Self(0), |sum, bit| Ok(Self(sum.0 | bit?)))
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    fn has(self, position: usize) -> bool {
        self.0 & (1 << position) != 0
    }
}

fn bit(name: &str) -> Result<u64, Refusal> {
    let mut names = STAMPS.iter().copied().chain(FIELDS.iter().map(|(name, _)| *name));
    names.position(|known| known.eq_ignore_ascii_case(name)).map(|position| 1 << position).ok_or_else(|| {
        let message = format!("Could not find a property named '{name}' on type 'microsoft.graph.contact'.");
        Refusal::new(400, "RequestBroker--ParseUri", message)
    })
}

/// The place of a field in [`FIELDS`].
pub(crate) fn place(name: &str) -> Option<usize> {
    FIELDS.iter().position(|(known, _)| *known == name)
}

impl Contact {
    /// A contact without content.
    pub(crate) fn blank(serial: u64, folder: u64, now: i64) -> Self {
        Self {
            serial,
            folder,
            version: 0,
            created: now,
            modified: now,
            outlook_made: false,
            fields: vec![Value::Null; FIELDS.len()],
            extended: Vec::new(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> &Value {
        place(name).and_then(|at| self.fields.get(at)).unwrap_or(&Value::Null)
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if let Some(field) = place(name).and_then(|at| self.fields.get_mut(at)) {
            *field = value;
        }
    }

    /// Writes the contact as Graph answers it.
    pub(crate) fn show(&self, ids: &Ids, view: &View, out: &mut Vec<u8>) {
        let key = ids.change_key(self.version);
        out.extend_from_slice(b"{");
        if view.typed {
            out.extend_from_slice(b"\"@odata.type\":\"#microsoft.graph.contact\",");
        }
        let id = ids.item(self.serial, self.folder, view.immutable);
        out.extend_from_slice(format!("\"@odata.etag\":\"W/\\\"{key}\\\"\",\"id\":\"{id}\"").as_bytes());
        let stamps = [key, rfc(self.created), rfc(self.modified), ids.folder(self.folder)];
        for (position, (name, value)) in STAMPS.iter().zip(&stamps).enumerate() {
            if view.select.has(position) {
                out.extend_from_slice(format!(",\"{name}\":\"{value}\"").as_bytes());
            }
        }
        self.show_fields(view.select, out);
        self.show_extended(&view.expand, out);
        out.push(b'}');
    }

    fn show_fields(&self, select: Select, out: &mut Vec<u8>) {
        for (position, ((name, kind), value)) in FIELDS.iter().zip(&self.fields).enumerate() {
            if select.has(position + STAMPS.len()) {
                out.extend_from_slice(b",\"");
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\":");
                self.show_value(*kind, value, out);
            }
        }
    }

    fn show_value(&self, kind: Kind, value: &Value, out: &mut Vec<u8>) {
        match (value, kind) {
            (Value::Null, Kind::Text) if self.outlook_made => out.extend_from_slice(b"\"\""),
            (Value::Null, Kind::Text | Kind::Date) => out.extend_from_slice(b"null"),
            (Value::Null, Kind::Texts(_) | Kind::Emails) => out.extend_from_slice(b"[]"),
            (Value::Null, Kind::Address) => out.extend_from_slice(b"{}"),
            (Value::String(text), _) => json(text, out),
            (other, _) => json(other, out),
        }
    }

    fn show_extended(&self, expand: &[ExtendedId], out: &mut Vec<u8>) {
        let asked = expand.iter().filter_map(|id| self.extended.iter().find(|held| held.id.same(id)));
        show_extended(asked, out);
    }

    /// The whole contact for comparison by others: every set field, and all extended properties.
    pub(crate) fn content(&self, ids: &Ids) -> Value {
        let set = FIELDS.iter().zip(&self.fields).filter(|(_, value)| !value.is_null());
        let mut content: Map<String, Value> =
            set.map(|((name, _), value)| ((*name).to_owned(), value.clone())).collect();
        content.insert("id".into(), ids.item(self.serial, self.folder, true).into());
        content.insert("changeKey".into(), ids.change_key(self.version).into());
        content.insert("singleValueExtendedProperties".into(), extended_content(&self.extended));
        content.into()
    }
}

impl Item for Contact {
    fn serial(&self) -> u64 {
        self.serial
    }

    fn folder(&self) -> u64 {
        self.folder
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn stamp(&mut self, version: u64, now: i64) {
        (self.version, self.modified) = (version, now);
    }
}

/// Writes the member `singleValueExtendedProperties`; Graph leaves it out when nothing matched.
pub(crate) fn show_extended<'a>(asked: impl Iterator<Item = &'a Extended>, out: &mut Vec<u8>) {
    let shown: Vec<Value> = asked.map(extended_entry).collect();
    if !shown.is_empty() {
        out.extend_from_slice(b",\"singleValueExtendedProperties\":");
        json(&shown, out);
    }
}

pub(crate) fn extended_content(held: &[Extended]) -> Value {
    held.iter().map(extended_entry).collect()
}

pub(crate) fn extended_entry(held: &Extended) -> Value {
    serde_json::json!({ "id": held.id.text(), "value": held.value })
}

/// Appends a value as JSON; writing to memory cannot fail.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}

pub(crate) fn rfc(millis: i64) -> String {
    let moment = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}
