//! What changed in the hub's folders of many mailboxes.
//!
//! <https://learn.microsoft.com/graph/api/contact-delta>

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sync::{ChangeKey, ItemId, MailboxId};

use super::Reader;
use crate::graph::ask::{Ask, ask};
use crate::graph::contact::Item;
use crate::graph::endpoints::Endpoints;
use crate::graph::error::Error;
use crate::graph::json::Page;
use crate::graph::tag::escaped;
use crate::graph::walk::{Walk, path};

/// The page size stands in a header: `$top` would limit the whole.
const PREFER: &str = "odata.maxpagesize=1000, IdType=\"ImmutableId\"";

const PLACE: &str = "contacts/delta";

/// Which item in which version: a thousand of them are a small page.
const SELECT: &str = "id,changeKey,createdDateTime";

/// One folder to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderReading {
    /// Whose mailbox.
    pub mailbox: MailboxId,
    /// The folder's id.
    pub folder: String,
    /// Where the last reading ended; `None` reads everything.
    pub link: Option<String>,
}

/// What a reading of a folder brought: everything in it without a link, else what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderChanges {
    /// The items that came or changed, whoever made them: a delta does not tell our tag.
    pub items: Vec<Seen>,
    /// The items that left the folder.
    pub gone: Vec<ItemId>,
    /// The items that could not be understood: they are there, and nothing else is known of them.
    pub unreadable: Vec<ItemId>,
    /// Where the next reading begins.
    pub link: String,
}

/// One item as a delta names it; what it holds is asked of the item itself, which never lags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where it is.
    pub id: ItemId,
    /// Its version.
    pub change_key: ChangeKey,
    /// When it was created, by the server's clock.
    pub created: DateTime<Utc>,
}

impl Reader {
    /// Reads many folders, twenty in one batch; the answers come in the order of the readings.
    ///
    /// A folder that is gone is [`Kind::Missing`](crate::graph::Kind::Missing), a link that the server no longer
    /// knows is [`Kind::Resync`](crate::graph::Kind::Resync).
    pub async fn changes(&self, readings: Vec<FolderReading>) -> Vec<Result<FolderChanges, Error>> {
        let endpoints = &self.session.shared.options.endpoints;
        let mut rounds: Vec<Round> =
            readings.into_iter().map(|reading| Round::new(endpoints, reading)).collect();
        loop {
            let (mut open, mut asks) = (Vec::new(), Vec::new());
            for round in &mut rounds {
                if let Some(ask) = round.question() {
                    open.push(round);
                    asks.push(ask);
                }
            }
            if asks.is_empty() {
                return rounds.into_iter().map(Round::end).collect();
            }
            let pages = ask(&self.session, PLACE, &asks, |body| read(body)).await;
            for (round, page) in open.into_iter().zip(pages) {
                round.turn_page(endpoints, page);
            }
        }
    }
}

/// One folder's way through its pages.
struct Round {
    mailbox: MailboxId,
    walk: Walk,
    /// The next page, or how it ended.
    at: Result<String, Result<String, Error>>,
    /// The last word on each item.
    found: BTreeMap<ItemId, Word>,
}

impl Round {
    fn new(endpoints: &Endpoints, reading: FolderReading) -> Self {
        let FolderReading { mailbox, folder, link } = reading;
        let at = match link {
            Some(link) => path(endpoints, PLACE, &link).map_err(Err),
            None => {
                let folder = escaped(&folder);
                Ok(format!("/users/{mailbox}/contactFolders/{folder}/contacts/delta?$select={SELECT}"))
            }
        };
        Round { mailbox, walk: Walk::default(), at, found: BTreeMap::new() }
    }

    fn question(&self) -> Option<Ask> {
        let url = self.at.as_ref().ok()?.clone();
        Some(Ask { mailbox: self.mailbox.clone(), url, prefer: PREFER })
    }

    fn turn_page(&mut self, endpoints: &Endpoints, page: Result<Page<(ItemId, Word)>, Error>) {
        let turned = page.and_then(|page| {
            self.found.extend(page.items);
            Ok(match (page.next, page.delta) {
                (Some(next), _) => Ok(self.walk.step(endpoints, PLACE, &next)?),
                (None, Some(delta)) => Err(path(endpoints, PLACE, &delta).map(|_| delta)),
                (None, None) => Err(Err(Error::nonsense(PLACE, "a page that leads nowhere"))),
            })
        });
        self.at = turned.unwrap_or_else(|error| Err(Err(error)));
    }

    fn end(self) -> Result<FolderChanges, Error> {
        let link = self.at.err().unwrap_or_else(|| Err(Error::nonsense(PLACE, "not read to its end")))?;
        let mut changes = FolderChanges { items: Vec::new(), gone: Vec::new(), unreadable: Vec::new(), link };
        for (id, word) in self.found {
            match word {
                Word::Is(change_key, created) => changes.items.push(Seen { id, change_key, created }),
                Word::Gone => changes.gone.push(id),
                Word::Unreadable => changes.unreadable.push(id),
            }
        }
        Ok(changes)
    }
}

/// What a page says about one item.
enum Word {
    Is(ChangeKey, DateTime<Utc>),
    Gone,
    Unreadable,
}

/// Keeps of each item only what is asked for: twenty folders are in memory at once.
fn read(body: &[u8]) -> Result<Page<(ItemId, Word)>, Error> {
    let Page { items, next, delta } = Page::read(PLACE, body)?;
    let words: Option<Vec<_>> = items.into_iter().map(word).collect();
    let items = words.ok_or_else(|| Error::nonsense(PLACE, "an item without an id"))?;
    Ok(Page { items, next, delta })
}

fn word(item: Item) -> Option<(ItemId, Word)> {
    let word = match item {
        Item { removed: true, .. } => Word::Gone,
        Item { spoiled: false, change_key: Some(key), created: Some(at), .. } => Word::Is(key, at),
        _ => Word::Unreadable,
    };
    Some((item.id?, word))
}
