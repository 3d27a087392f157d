//! Importing people from a file: JSON lines or CSV, in Graph's user fields and a few plain ones.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::Error;
use crate::state::chance::guid;
use crate::state::schema::Kind;
use crate::tenant::Tenant;

/// Plain fields without a user property, and the extension attribute that takes each.
const PLAIN: [(&str, u8); 7] = [
    ("middleName", 1),
    ("nickName", 2),
    ("generation", 3),
    ("businessHomePage", 4),
    ("birthday", 5),
    ("district", 6),
    ("id", 15),
];

/// The user id that a file's id stands for; the same in every world.
#[must_use]
pub fn person_id(id: &str) -> Uuid {
    guid(0, id, 0)
}

/// Imports a file of people as users, in the order of the file; all or nothing.
///
/// A file named `*.csv` is CSV with a header line (several phones in a cell are parted by `;`), any other is JSON
/// lines. Users get `<id in lower case>@congress.example` as mail and principal name unless the file gives them.
///
/// # Errors
/// When the file cannot be read, or a line is not parseable, has an unknown field, a wrong type or no `displayName`:
/// the message names file and line, and nothing is imported.
pub fn import_people(tenant: &Tenant, file: &Path) -> Result<Vec<Uuid>, Error> {
    let text =
        std::fs::read_to_string(file).map_err(|why| Error::file(format!("{}: {why}", file.display())))?;
    let csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let records = if csv { csv_records(&text) } else { json_records(&text) };
    let located = |(line, why): (usize, String)| Error::file(format!("{}:{line}: {why}", file.display()));
    let records = records.map_err(located)?;
    let mut users: Vec<Value> = Vec::with_capacity(records.len());
    let mut seen = HashSet::new();
    for (line, record) in records {
        let user = person(&record).map_err(|why| located((line, why)))?;
        if !seen.insert(user.get("id").cloned()) {
            return Err(located((line, "the id occurs twice; give each person one of their own".into())));
        }
        users.push(user);
    }
    users.into_iter().map(|user| tenant.add_user(user)).collect()
}

type Located = (usize, String);

fn json_records(text: &str) -> Result<Vec<(usize, Value)>, Located> {
    let lines =
        text.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line): (usize, &str)| {
        let record =
            serde_json::from_str(line).map_err(|why| (at, format!("not JSON ({why}); one object a line")));
        record.map(|record| (at, record))
    };
    lines.map(read).collect()
}

fn csv_records(text: &str) -> Result<Vec<(usize, Value)>, Located> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().map_err(|why| (1, format!("not CSV: {why}")))?.clone();
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|why| (csv_line(&why), format!("not CSV: {why}")))?;
        let line = row.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
        let cells = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let record: Map<String, Value> =
            cells.map(|(name, cell)| (name.to_owned(), csv_value(name, cell))).collect();
        records.push((line, record.into()));
    }
    Ok(records)
}

fn csv_line(why: &csv::Error) -> usize {
    why.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0))
}

fn csv_value(name: &str, cell: &str) -> Value {
    match (name, cell) {
        ("businessPhones" | "otherMails" | "proxyAddresses", list) => {
            list.split(';').map(str::trim).collect()
        }
        ("accountEnabled" | "showInAddressList", "true") => Value::Bool(true),
        ("accountEnabled" | "showInAddressList", "false") => Value::Bool(false),
        (_, text) => text.into(),
    }
}

/// The Graph user of a record.
///
/// # Errors
/// Says which field is unknown or of the wrong type, or that `id` or `displayName` is missing.
pub fn person(record: &Value) -> Result<Value, String> {
    let record = record.as_object().ok_or("not a JSON object")?;
    let text = |name: &str| record.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let id = text("id").ok_or("no id; give each person a text that names it")?;
    text("displayName").ok_or("no displayName; give each person one")?;
    let mut user = changes(record)?;
    let mail = format!("{}@congress.example", id.to_lowercase());
    user.insert("id".into(), person_id(id).to_string().into());
    user.entry("userPrincipalName").or_insert_with(|| mail.clone().into());
    user.entry("mail").or_insert_with(|| mail.into());
    Ok(user.into())
}

/// The Graph properties of some fields of a record; `null` clears, also inside the extension attributes.
///
/// # Errors
/// Says which field is unknown or of the wrong type.
pub fn changes(fields: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let (mut user, mut attributes) = (Map::new(), Map::new());
    for (name, value) in fields {
        match PLAIN.iter().find(|(plain, _)| plain == name) {
            Some((_, number)) => {
                attributes.insert(format!("extensionAttribute{number}"), plain(name, value)?);
            }
            None => {
                Kind::User.check(name, value).map_err(|why| format!("field {name}: {why}"))?;
                user.insert(name.clone(), value.clone());
            }
        }
    }
    if !attributes.is_empty() {
        user.insert("onPremisesExtensionAttributes".into(), json!(attributes));
    }
    Ok(user)
}

fn plain(name: &str, value: &Value) -> Result<Value, String> {
    match value {
        Value::Null | Value::String(_) => Ok(value.clone()),
        Value::Number(number) if name == "district" => Ok(number.to_string().into()),
        _ => Err(format!("field {name}: must be a string")),
    }
}
