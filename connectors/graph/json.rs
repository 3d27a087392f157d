//! Reading Graph's JSON, as it is and not as it should be.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{Error, Fault};

/// One page of a collection, and where it leads.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
    pub delta: Option<String>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Wire<T> {
    value: Option<Vec<T>>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta: Option<String>,
    error: Option<Fault>,
}

impl<T: DeserializeOwned> Page<T> {
    /// Reads a page; an error inside a success is an error.
    pub(super) fn read(place: &str, body: &[u8]) -> Result<Self, Error> {
        let Wire { value, next, delta, error } = parse(place, body)?;
        match (value, error) {
            (_, Some(fault)) => Err(fault.into_error(place, 200, None)),
            (Some(items), None) => Ok(Page { items, next, delta }),
            (None, None) => Err(Error::nonsense(place, "a page without value")),
        }
    }
}

/// Parses an answer into an owned type.
pub(super) fn parse<T: DeserializeOwned>(place: &str, body: &[u8]) -> Result<T, Error> {
    let parsed = serde_json::from_slice(body);
    parsed.or_else(|_| serde_json::from_slice(&tamed(body))).map_err(|_| Error::nonsense(place, what(body)))
}

/// The same text with blanks for control characters, which Exchange leaves inside strings.
pub(super) fn tamed(body: &[u8]) -> Vec<u8> {
    body.iter().map(|&byte| if byte < b' ' { b' ' } else { byte }).collect()
}

/// What an answer is that is no JSON.
pub(super) fn what(body: &[u8]) -> &'static str {
    match body.trim_ascii().first() {
        None => "an empty answer",
        Some(b'<') => "HTML instead of JSON",
        Some(_) => "broken JSON",
    }
}
