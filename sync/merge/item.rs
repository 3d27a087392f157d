//! One item, made of the entries that are one person.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hub::Kind;
use crate::{Content, Field, SourceKey, Value};

/// The entries of one item, that of the first spoke first.
#[derive(Default)]
pub struct Item {
    pub parts: Vec<(SourceKey, Arc<Content>)>,
    /// One of them was not read now.
    pub has_kept: bool,
}

impl Item {
    /// Whether an entry of this spoke is part of it: no two entries of one spoke are ever one item.
    pub fn has_part_of(&self, spoke: &str) -> bool {
        self.parts.iter().any(|(key, _)| key.spoke() == spoke)
    }

    /// Whether it holds anything: of an entry that was not read perhaps nothing is known.
    pub fn is_filled(&self) -> bool {
        self.parts.iter().any(|(_, content)| !content.is_empty())
    }

    /// What the item holds, and the spokes of the fields that came from another one than `key` names.
    pub fn content(&self, key: &SourceKey, kind: Kind) -> (Arc<Content>, BTreeMap<Field, String>) {
        let mut merged = match self.parts.as_slice() {
            [(part, content)] if part.spoke() == key.spoke() => {
                return (named(content, key, kind), BTreeMap::new());
            }
            _ => Content::default(),
        };
        let mut provenance = BTreeMap::new();
        for (part, content) in &self.parts {
            for (field, value) in content.iter() {
                if merged.get(field).is_some() {
                    continue;
                }
                merged.set(field, value.clone());
                if part.spoke() != key.spoke() {
                    provenance.insert(field, part.spoke().to_owned());
                }
            }
        }
        (named(&Arc::new(merged), key, kind), provenance)
    }
}

/// The content, with a given name whatever happens if it is a contact: Graph may refuse one without.
fn named(content: &Arc<Content>, key: &SourceKey, kind: Kind) -> Arc<Content> {
    if kind != Kind::Contacts || content.get(Field::GivenName).is_some() {
        return Arc::clone(content);
    }
    let mut named = Content::clone(content);
    named.set(Field::GivenName, some_name(content, key));
    Arc::new(named)
}

/// What a contact without a given name is called: the nearest thing to a name, and at last the id.
fn some_name<'a>(content: &'a Content, key: &'a SourceKey) -> &'a str {
    let names = [Field::DisplayName, Field::Surname, Field::CompanyName];
    let found = names.iter().find_map(|field| content.text(*field));
    let mail = || match content.get(Field::EmailAddresses) {
        Some(Value::Emails(emails)) => {
            emails.first()?.address.split('@').next().filter(|local| !local.is_empty())
        }
        _ => None,
    };
    found.or_else(mail).unwrap_or(key.as_str())
}
