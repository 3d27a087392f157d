//! The chain: how an entry follows the one before it.

use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::tables::Entry;

/// What stands in place of a hash before the first entry.
pub(super) const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an entry: SHA-256 over its JSON without the field `hash`, names in order and no spaces.
///
/// `jq -cjS 'del(.hash)' | sha256sum` computes the same.
#[must_use]
pub(super) fn hash(entry: &Entry) -> String {
    let mut text = serde_json::to_value(entry).unwrap_or_default();
    if let Value::Object(fields) = &mut text {
        fields.remove("hash");
    }
    text.sort_all_objects();
    fingerprint(&text.to_string())
}

/// SHA-256 of a text in hexadecimal digits.
pub(super) fn fingerprint(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
