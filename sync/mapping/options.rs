//! What an admin decides about the mapping.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::clean::clean;
use crate::Field;
use crate::directory::Person;
use crate::hub::unique;

/// The choices for turning a person into a contact; each has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Mapping {
    /// The name to sort by.
    pub file_as: FileAs,
    /// The other addresses of the mailbox after the primary one.
    pub aliases: bool,
    /// The addresses outside the tenant after all others.
    pub other_mails: bool,
    /// Which field an extension attribute fills, by the attribute's name.
    #[serde(deserialize_with = "unique::map")]
    pub extension_attributes: BTreeMap<String, Field>,
    /// Fields that stay empty.
    pub exclude: BTreeSet<Field>,
    /// Fields that hold the same for everybody, such as the company's name.
    #[serde(deserialize_with = "unique::map")]
    pub fixed: BTreeMap<Field, String>,
    /// The categories that every contact carries.
    pub categories: Vec<String>,
    /// A text for the notes of every contact.
    pub notes: String,
}

/// How the name to sort by is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileAs {
    /// `Surname, Given` where both are known, else the name shown.
    #[default]
    SurnameFirst,
    /// The name shown.
    DisplayName,
}

impl FileAs {
    /// The name to sort this person by, perhaps empty.
    pub(super) fn of(self, person: &Person<'_>) -> String {
        let part = |text: Option<&str>| text.map(clean).unwrap_or_default();
        let (surname, given) = (part(person.surname), part(person.given_name));
        if self == FileAs::DisplayName || surname.is_empty() || given.is_empty() {
            part(person.display_name)
        } else {
            format!("{surname}, {given}")
        }
    }
}
