//! What can be wrong with a mapping of people.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use crate::Field;
use crate::directory::EXTENSION_ATTRIBUTES;
use crate::hub::Kind;
use crate::mapping::{Mapping, Shape};

/// A category by itself: what Outlook takes for one.
pub(super) fn is_category(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains([',', ';']) && text.chars().count() <= 255
}

pub(super) const NO_CATEGORY: &str = "is empty, has a comma or semicolon, or is longer than 255 characters";

pub(super) fn check(found: &mut Found, path: &str, mapping: &Mapping) {
    check_fields(found, path, mapping);
    check_extensions(found, &format!("{path}.extensionAttributes"), &mapping.extension_attributes);
    check_exclude(found, &format!("{path}.exclude"), mapping);
    check_fixed(found, &format!("{path}.fixed"), mapping);
    for (at, _) in mapping.categories.iter().enumerate().filter(|(_, one)| !is_category(one)) {
        found.add(format!("{path}.categories[{at}]"), NO_CATEGORY, "write one category per entry");
    }
    if mapping.notes.chars().count() > 2_000 {
        found.add(format!("{path}.notes"), "is longer than 2000 characters", "shorten it");
    }
}

/// Only fields of a contact can be filled or left empty.
fn check_fields(found: &mut Found, path: &str, mapping: &Mapping) {
    let extensions = mapping.extension_attributes.values().map(|field| ("extensionAttributes", field));
    let exclude = mapping.exclude.iter().map(|field| ("exclude", field));
    let fixed = mapping.fixed.keys().map(|field| ("fixed", field));
    for (option, &field) in extensions.chain(exclude).chain(fixed) {
        found.field(&format!("{path}.{option}"), Kind::Contacts, field);
    }
}

fn check_extensions(found: &mut Found, path: &str, attributes: &BTreeMap<String, Field>) {
    let mut texts = BTreeSet::new();
    for (attribute, &field) in attributes {
        let path = format!("{path}.{attribute}");
        if !EXTENSION_ATTRIBUTES.contains(&attribute.as_str()) {
            found.add(&path, "is no extension attribute", "use extensionAttribute1 to extensionAttribute15");
        }
        match Shape::of(field) {
            Shape::Address => {
                found.add(&path, "one text is no postal address", "name a field that takes text")
            }
            Shape::Text | Shape::Date if !texts.insert(field) => {
                let problem = format!("another extension attribute fills {field} too");
                found.add(&path, problem, "name each such field once");
            }
            _ => {}
        }
    }
}

fn check_exclude(found: &mut Found, path: &str, mapping: &Mapping) {
    if mapping.exclude.contains(&Field::GivenName) {
        found.add(
            path,
            "a contact without givenName may be refused by Exchange",
            "take givenName out of the list",
        );
    }
    for &field in &mapping.exclude {
        let both = mapping.fixed.contains_key(&field)
            || mapping.extension_attributes.values().any(|to| *to == field);
        if both {
            let problem = format!("{field} is to stay empty and to be filled");
            found.add(path, problem, format!("take {field} out of `exclude`, or don't fill it"));
        }
    }
}

fn check_fixed(found: &mut Found, path: &str, mapping: &Mapping) {
    for (&field, text) in &mapping.fixed {
        let path = format!("{path}.{field}");
        match field {
            Field::Categories => {
                found.add(&path, "categories have an option of their own", "use `categories`")
            }
            Field::PersonalNotes => found.add(&path, "notes have an option of their own", "use `notes`"),
            _ if !matches!(Shape::of(field), Shape::Text | Shape::List(_)) => {
                found.add(&path, "it can't be the same for everybody", "remove it");
            }
            _ if text.trim().is_empty() || text.chars().count() > 256 => {
                found.add(
                    &path,
                    "is empty or longer than 256 characters",
                    "write the text, or use `exclude`",
                );
            }
            _ => {}
        }
    }
}
