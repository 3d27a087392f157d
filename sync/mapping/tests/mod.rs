mod fields;
mod laws;

use serde_json::Value;

use super::{LeftOut, Mapping};
use crate::Content;
use crate::directory::tests::{directory, set};

/// What becomes of a user with these properties.
fn mapped(options: &Mapping, properties: Value) -> (Content, Vec<LeftOut>) {
    let directory = directory([set(1, properties)], [], []);
    let person = directory.people().next().unwrap();
    options.contact(&person)
}

/// What becomes of an org contact with these properties.
fn mapped_contact(options: &Mapping, properties: Value) -> (Content, Vec<LeftOut>) {
    let directory = directory([], [set(1, properties)], []);
    let person = directory.people().next().unwrap();
    options.contact(&person)
}

/// One line per filled field.
fn shown(content: &Content) -> String {
    let lines =
        content.iter().map(|(field, value)| format!("{field} = {}", serde_json::to_string(value).unwrap()));
    lines.collect::<Vec<_>>().join("\n")
}

fn said(left_out: &[LeftOut]) -> Vec<String> {
    left_out.iter().map(LeftOut::to_string).collect()
}

fn options(json: Value) -> Mapping {
    serde_json::from_value(json).unwrap()
}
