//! Looking for items by their tag.
//!
//! <https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>

use sync::{Copy, SourceKey};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::error::Error;
use crate::graph::item::Item;
use crate::graph::json::Page;
use crate::graph::kinds::names;
use crate::graph::tag::{self, Tag};

impl Reader {
    /// The folder's copies of these identities, several of one if it was written twice. A search may lag, and it does not
    /// tell which occurrences of a series differ.
    pub async fn find(&self, place: &Place, keys: &[SourceKey]) -> Result<Vec<Copy>, Error> {
        let Place { kind, mailbox, folder, hub } = place;
        let names = names(*kind);
        let (items, expand) = (names.items_of(mailbox, folder), tag::expand(tag::ITEM));
        let at = format!("{} (by tag)", names.items);
        let question = |key: &SourceKey| {
            let filter = tag::filter(Tag { hub, key });
            let url = format!("{items}?$top=100&$select={}&{filter}&{expand}", *names.select);
            Ask { mailbox: mailbox.clone(), url, prefer: names.prefer }
        };
        let asks: Vec<Ask> = keys.iter().map(question).collect();
        let answers = ask(&self.session, &at, &asks, |body| Page::<Item>::read(&at, body)).await;
        let mut copies = Vec::new();
        for (key, answer) in keys.iter().zip(answers) {
            // The server compares without regard to case: only the very same tag counts.
            let found = answer?.items.into_iter().filter_map(|item| item.into_copy(hub));
            copies.extend(found.filter(|copy| copy.key == *key));
        }
        Ok(copies)
    }
}
