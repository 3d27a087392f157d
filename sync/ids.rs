//! Names of things: each is a type of its own, so that one can't stand in another's place.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_128;

/// An identifier that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}: {why}")]
pub struct BadId {
    what: &'static str,
    why: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as an identifier, or says why it can't be one.
            pub fn new(text: impl Into<String>) -> Result<Self, BadId> {
                let text = text.into();
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(&text).map_err(|why| BadId { what: stringify!($name), why })?;
                Ok(Self(text.into()))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(text: String) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
    };
}

id! {
    /// The Entra tenant's id, a GUID in lower case.
    TenantId, guid
}
id! {
    /// A hub's id within its tenant: lower-case letters, digits and hyphens, at most 40 characters.
    HubId, slug
}
id! {
    /// The object id of the user, shared or room account that owns a mailbox, a GUID in lower case.
    MailboxId, guid
}
id! {
    /// An item's id in its mailbox, opaque and case-sensitive (Graph's immutable id).
    ItemId, filled
}
id! {
    /// The version mark of an item in its mailbox; it moves with every change.
    ChangeKey, |_| Ok(())
}
id! {
    /// An item's stable identity in its contributing spoke: `{spoke}:{id there}`, never an e-mail or a name.
    SourceKey, filled
}

impl SourceKey {
    /// The identity of what `id` is called in a spoke; an id that is too long for a key stands there by fingerprint.
    pub fn of(spoke: &str, id: &str) -> Self {
        const LONGEST: usize = 400;
        if id.len() <= LONGEST {
            Self(format!("{spoke}:{id}").into())
        } else {
            Self(format!("{spoke}:{:032x}", xxh3_128(id.as_bytes())).into())
        }
    }

    /// The identity of an item that a user made in a mailbox of a two-way spoke.
    pub fn born(spoke: &str, mailbox: &MailboxId, item: &ItemId) -> Self {
        Self::of(spoke, &format!("{mailbox}/{item}"))
    }

    /// The spoke that the item came from.
    pub fn spoke(&self) -> &str {
        self.0.split_once(':').map_or(self.as_str(), |(spoke, _)| spoke)
    }
}

impl ChangeKey {
    /// A version that no item has.
    pub fn unknown() -> Self {
        Self(Arc::default())
    }
}

fn filled(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 512 { Err("must have 1 to 512 characters") } else { Ok(()) }
}

fn slug(text: &str) -> Result<(), &'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=40).contains(&text.len()) && text.chars().all(fits) {
        Ok(())
    } else {
        Err("must be 1 to 40 lower-case letters, digits or hyphens")
    }
}

/// Ids go into URLs: what is not a GUID could climb out of its path.
fn guid(text: &str) -> Result<(), &'static str> {
    let fits = |(at, c): (usize, char)| match at {
        8 | 13 | 18 | 23 => c == '-',
        _ => c.is_ascii_digit() || ('a'..='f').contains(&c),
    };
    if text.len() == 36 && text.chars().enumerate().all(fits) {
        Ok(())
    } else {
        Err("must be a GUID in lower case, like 00000000-0000-0000-0000-000000000000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_cannot_climb_out_of_its_path() {
        for bad in [
            "",
            "../me",
            "87d3..",
            "87D349ED-44D7-43E1-9A83-5F2406DEE5BD",
            "87d349ed-44d7-43e1-9a83-5f2406dee5b/",
        ] {
            assert!(MailboxId::new(bad).is_err(), "{bad}");
        }
        assert!(MailboxId::new("87d349ed-44d7-43e1-9a83-5f2406dee5bd").is_ok());
    }

    #[test]
    fn a_refusal_names_the_kind_and_the_rule() {
        let refusal = HubId::new("Company Contacts").unwrap_err().to_string();
        assert_eq!(refusal, "HubId: must be 1 to 40 lower-case letters, digits or hyphens");
    }
}
