//! Looking for items by their tag.
//!
//! <https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>

use sync::{Copy, SourceKey};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::client::IMMUTABLE;
use crate::graph::contact::{Item, SELECT};
use crate::graph::error::Error;
use crate::graph::json::Page;
use crate::graph::tag::{self, Tag, escaped};

const PLACE: &str = "contacts (by tag)";

impl Reader {
    /// The folder's copies of these identities, several of one if it was written twice. A search may lag.
    pub async fn find(&self, place: &Place, keys: &[SourceKey]) -> Result<Vec<Copy>, Error> {
        let Place { mailbox, folder, hub } = place;
        let (folder, select, expand) = (escaped(folder), SELECT.as_str(), tag::expand(tag::ITEM));
        let question = |key: &SourceKey| {
            let filter = tag::filter(Tag { hub, key });
            let options = format!("$top=100&$select={select}&{filter}&{expand}");
            let url = format!("/users/{mailbox}/contactFolders/{folder}/contacts?{options}");
            Ask { mailbox: mailbox.clone(), url, prefer: IMMUTABLE }
        };
        let asks: Vec<Ask> = keys.iter().map(question).collect();
        let answers = ask(&self.session, PLACE, &asks, |body| Page::<Item>::read(PLACE, body)).await;
        let mut copies = Vec::new();
        for (key, answer) in keys.iter().zip(answers) {
            // The server compares without regard to case: only the very same tag counts.
            let found = answer?.items.into_iter().filter_map(|item| item.into_copy(hub));
            copies.extend(found.filter(|copy| copy.key == *key));
        }
        Ok(copies)
    }
}
