//! Fingerprints: what a field held, remembered without holding it.

use std::fmt;

use litemap::LiteMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{Field, Value};

/// A 64-bit fingerprint of one value, the same on every machine and in every version.
///
/// It tells equal from unequal and nothing else. Two unequal values share one with a chance of 2⁻⁶⁴; the price
/// would be one update that is not written until the value changes again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Print(u64);

/// The fingerprints of an item's filled fields: side by side, for a base holds those of thousands of items.
pub type Prints = LiteMap<Field, Print>;

/// Reads fingerprints into just the room that they take: reading leaves half as much again.
pub(crate) fn tight<'de, D: Deserializer<'de>>(from: D) -> Result<Prints, D::Error> {
    let prints = Prints::deserialize(from)?;
    Ok(prints.clone())
}

impl Value {
    /// The value's fingerprint.
    pub fn print(&self) -> Print {
        Print(match self {
            Value::Text(text) => part(b't', text),
            Value::List(texts) => texts.iter().fold(b'l'.into(), part),
            Value::Emails(emails) => {
                emails.iter().fold(b'e'.into(), |seed, email| part(part(seed, &email.address), &email.name))
            }
            Value::Address(address) => address.parts().iter().fold(b'a'.into(), part),
            Value::Body(body) => part(part(b'b', body.content_type.name()), &body.content),
            Value::Timing(timing) => part(b'w', json(timing)),
            Value::Occurrences(occurrences) => part(b'o', json(occurrences)),
        })
    }
}

/// A text that is the same for equal values, and only for those.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Each text is hashed with what stands before it as seed, so that no two lists run together into one.
fn part(seed: impl Into<u64>, text: impl AsRef<str>) -> u64 {
    xxh3_64_with_seed(text.as_ref().as_bytes(), seed.into())
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Print {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Print {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        u64::from_str_radix(&text, 16).map(Print).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_never_changes_between_versions() {
        assert_eq!(format!("{:?}", Value::from("Ana").print()), "6afd8e1fd03cca92");
    }

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|t| (*t).to_owned()).collect()).print();
        assert_ne!(list(&["ab", "c"]), list(&["a", "bc"]));
        assert_ne!(list(&["abc"]), Value::from("abc").print());
    }
}
