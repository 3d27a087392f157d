//! Identities of items, as they stand in the log.

use sync::SourceKey;
use uuid::Uuid;

use super::chain::fingerprint;

/// How much of a fingerprint stands for an item, in hexadecimal digits.
const FINGERPRINT: usize = 24;

/// An identity as it stands in the log, which is kept for long: people's object ids become pseudonyms there, and any
/// other id stands by its fingerprint, as whoever made a calendar may have put an address into it.
pub fn shown_key(key: &SourceKey) -> String {
    let id = key.as_str().strip_prefix(key.spoke()).unwrap_or_default().trim_start_matches(':');
    if Uuid::try_parse(id).is_ok() {
        return key.to_string();
    }
    let digits = fingerprint(key.as_str());
    format!("{}:{}", key.spoke(), digits.get(..FINGERPRINT).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_stands_by_object_id_and_anything_else_by_a_fingerprint() {
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        assert_eq!(shown_key(&SourceKey::of("directory", id)), format!("directory:{id}"));
        let feed = shown_key(&SourceKey::of("feed", "ana.kos@example.com-2026"));
        assert_eq!(feed.len(), "feed:".len() + FINGERPRINT);
        assert!(!feed.contains("ana"), "{feed}");
    }
}
