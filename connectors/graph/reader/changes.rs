//! What changed in the hub's folders of many mailboxes.
//!
//! Contact folders tell what changed since a link was given. A calendar is listed as a whole: its delta has a window, tells
//! whole bodies and no tags; a listing has none of that and names a thousand items in a page.
//!
//! <https://learn.microsoft.com/graph/api/contact-delta>
//! <https://learn.microsoft.com/graph/api/calendar-list-events>

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sync::hub::Kind;
use sync::{ChangeKey, ItemId, SourceKey};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::endpoints::Endpoints;
use crate::graph::error::Error;
use crate::graph::item::Item;
use crate::graph::json::Page;
use crate::graph::kinds::names;
use crate::graph::tag;
use crate::graph::walk::{Walk, path};

/// The page size of a delta stands in a header: `$top` would limit the whole.
const PREFER: &str = "odata.maxpagesize=1000, IdType=\"ImmutableId\"";

const PLACE: &str = "folder (changes)";

/// Which item in which version: a thousand of them are a small page.
const SELECT: &str = "id,changeKey,createdDateTime";

/// One folder to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderReading {
    /// The folder.
    pub place: Place,
    /// Where the last reading ended; `None` reads everything.
    pub link: Option<String>,
}

/// What a reading of a folder brought: everything in it without a link, else what changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderChanges {
    /// The items that came or changed, whoever made them; those that carry another hub's tag are left out where the
    /// reading tells tags.
    pub items: Vec<Seen>,
    /// The items that left the folder.
    pub gone: Vec<ItemId>,
    /// The items that could not be understood: they are there, and nothing else is known of them.
    pub unreadable: Vec<ItemId>,
    /// Where the next reading begins; `None` for a calendar, which is always read as a whole.
    pub link: Option<String>,
}

/// One item as a reading names it; what it holds is asked of the item itself, which never lags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where it is.
    pub id: ItemId,
    /// Its version.
    pub change_key: ChangeKey,
    /// When it was created, by the server's clock.
    pub created: DateTime<Utc>,
    /// The identity that the hub's tag names: a calendar tells it at once, `None` is an item without. A contact folder
    /// does not tell, `None` says nothing there: see [`Reader::tags`].
    pub tag: Option<SourceKey>,
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
    place: Place,
    walk: Walk,
    /// The next page, or how it ended.
    at: Result<String, Result<Option<String>, Error>>,
    /// The last word on each item.
    found: BTreeMap<ItemId, Word>,
}

impl Round {
    fn new(endpoints: &Endpoints, reading: FolderReading) -> Self {
        let FolderReading { place, link } = reading;
        let items = names(place.kind).items_of(&place.mailbox, &place.folder);
        let at = match (place.kind, link) {
            (Kind::Contacts, Some(link)) => path(endpoints, PLACE, &link).map_err(Err),
            (Kind::Contacts, None) => Ok(format!("{items}/delta?$select={SELECT}")),
            (Kind::Events, _) => Ok(format!("{items}?$select={SELECT}&$top=999&{}", tag::expand(tag::ITEM))),
        };
        Round { place, walk: Walk::default(), at, found: BTreeMap::new() }
    }

    fn question(&self) -> Option<Ask> {
        let url = self.at.as_ref().ok()?.clone();
        let prefer = match self.place.kind {
            Kind::Contacts => PREFER,
            Kind::Events => names(Kind::Events).prefer,
        };
        Some(Ask { mailbox: self.place.mailbox.clone(), url, prefer })
    }

    fn turn_page(&mut self, endpoints: &Endpoints, page: Result<Page<(ItemId, Word)>, Error>) {
        let turned = page.and_then(|page| {
            self.found.extend(page.items);
            Ok(match (page.next, page.delta, self.place.kind) {
                (Some(next), ..) => Ok(self.walk.step(endpoints, PLACE, &next)?),
                (None, Some(delta), _) => Err(path(endpoints, PLACE, &delta).map(|_| Some(delta))),
                (None, None, Kind::Events) => Err(Ok(None)),
                (None, None, Kind::Contacts) => Err(Err(Error::nonsense(PLACE, "a page that leads nowhere"))),
            })
        });
        self.at = turned.unwrap_or_else(|error| Err(Err(error)));
    }

    fn end(self) -> Result<FolderChanges, Error> {
        let link = self.at.err().unwrap_or_else(|| Err(Error::nonsense(PLACE, "not read to its end")))?;
        let mut changes = FolderChanges { items: Vec::new(), gone: Vec::new(), unreadable: Vec::new(), link };
        for (id, word) in self.found {
            match word {
                Word::Is { change_key, created, tag } => {
                    let key = tag.as_deref().map(|tag| tag::key(tag, &self.place.hub));
                    if !matches!(key, Some(None)) {
                        changes.items.push(Seen { id, change_key, created, tag: key.flatten() });
                    }
                }
                Word::Gone => changes.gone.push(id),
                Word::Unreadable => changes.unreadable.push(id),
            }
        }
        Ok(changes)
    }
}

/// What a page says about one item.
enum Word {
    Is { change_key: ChangeKey, created: DateTime<Utc>, tag: Option<String> },
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
        Item { spoiled: false, change_key: Some(change_key), created: Some(created), tag, .. } => {
            Word::Is { change_key, created, tag }
        }
        _ => Word::Unreadable,
    };
    Some((item.id?, word))
}
