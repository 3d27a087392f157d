//! What a contributing folder or calendar holds, and what changed in it.

mod calendar;
mod contacts;

use std::collections::BTreeMap;

use sync::hub::Kind as HubKind;
use sync::{Content, ItemId, MailboxId, Reading};

use super::Reader;
use super::tags::{Shelf, Which};
use crate::graph::client::Call;
use crate::graph::error::{Error, Kind};
use crate::graph::item::Item;
use crate::graph::json::Page;
use crate::graph::kinds::names;
use crate::graph::walk::{Walk, path};

/// What one round over a contributing folder or calendar brought.
#[derive(Debug)]
pub struct SourceRound {
    /// What silence means.
    pub reading: Reading,
    /// The items that came, changed or went, each once.
    pub changes: Vec<SourceChange>,
    /// The items that could not be understood: they are there as they were, and nothing else is known of them.
    pub unreadable: Vec<String>,
    /// The link of the next round; or why this one broke off: what came before is good for creates and updates, and nothing
    /// may be concluded from what is missing.
    pub end: Result<String, Error>,
}

/// One item of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceChange {
    /// Its id in the mailbox.
    pub id: String,
    /// What it holds now, with what tells about the source only; `None` if it is gone, or is the copy of some hub.
    pub content: Option<Content>,
}

/// The most items whose tags are asked for one by one; beyond, the whole folder is listed.
const ONE_BY_ONE: usize = 60;

/// The last word of a round on each item.
type Told = BTreeMap<ItemId, Item>;

/// A contributing folder or calendar; without a name the mailbox's default one.
#[derive(Clone, Copy)]
struct Source<'a> {
    kind: HubKind,
    mailbox: &'a MailboxId,
    name: Option<&'a str>,
}

/// Where a round goes on, and in which pages: the larger ones come first.
struct Way<'a> {
    mailbox: &'a MailboxId,
    place: &'static str,
    at: String,
    prefers: &'a [&'static str],
}

impl SourceRound {
    fn begin(link: Option<&str>, end: Result<String, Error>) -> Self {
        let reading = if link.is_some() { Reading::Changes } else { Reading::Everything };
        SourceRound { reading, changes: Vec::new(), unreadable: Vec::new(), end }
    }

    /// A round that told nothing.
    fn broken(link: Option<&str>, error: Error) -> Self {
        SourceRound::begin(link, Err(error))
    }

    fn change(&mut self, id: &ItemId, content: Option<Content>) {
        self.changes.push(SourceChange { id: id.to_string(), content });
    }

    /// Notes an item that was read whole.
    fn note(&mut self, id: &ItemId, item: Item, is_copy: bool) {
        if item.removed || is_copy {
            self.change(id, None);
        } else if item.spoiled {
            self.unreadable.push(id.to_string());
        } else {
            let mut content = item.content;
            item.event.source.iter().for_each(|(field, value)| content.set(field, value.clone()));
            self.change(id, Some(content));
        }
    }
}

impl Reader {
    /// Goes through the pages of a round from `way`; gives its link.
    ///
    /// Some calendars answer 503 to large pages: the rest is then read in the next smaller ones.
    async fn pages(&self, way: Way<'_>, told: &mut Told) -> Result<String, Error> {
        let Way { mailbox, place, mut at, prefers } = way;
        let endpoints = &self.session.shared.options.endpoints;
        let (mut walk, mut prefers) = (Walk::default(), prefers.iter().peekable());
        let mut prefer = prefers.next().copied().unwrap_or_default();
        loop {
            let turn = self.session.turn(place, mailbox).await?;
            let call = Call { prefer, ..Call::get(place, &at) };
            let may_shrink = prefers.peek().is_some();
            let is_worth = |error: &Error| error.passes() && !(may_shrink && error.status() == Some(503));
            let page = self.session.repeat_if(call, is_worth, |body| Page::<Item>::read(place, &body)).await;
            drop(turn);
            let page = match page {
                Err(error) if error.status() == Some(503) && may_shrink => {
                    prefer = prefers.next().copied().unwrap_or_default();
                    continue;
                }
                page => page?,
            };
            for item in page.items {
                let id = item.id.clone().ok_or_else(|| Error::nonsense(place, "an item without an id"))?;
                told.insert(id, item);
            }
            at = match (page.next, page.delta) {
                (Some(next), _) => walk.step(endpoints, place, &next)?,
                (None, Some(delta)) => return path(endpoints, place, &delta).map(|_| delta),
                (None, None) => return Err(Error::nonsense(place, "a page that leads nowhere")),
            };
        }
    }

    /// Notes what was told of items that are whole, but for those that are copies of some hub's.
    async fn note_whole(&self, source: Source<'_>, told: Told, round: &mut SourceRound) -> Result<(), Error> {
        let there = told.iter().filter(|(_, item)| !item.removed).map(|(id, _)| id.clone());
        let tags = self.tags_of(source, &Vec::from_iter(there)).await?;
        for (id, item) in told {
            let is_own = matches!(tags.get(&id), Some(None));
            round.note(&id, item, !is_own);
        }
        Ok(())
    }

    /// The tags of these items, whosever they are; an item that is not named is gone.
    async fn tags_of(
        &self,
        source: Source<'_>,
        ids: &[ItemId],
    ) -> Result<BTreeMap<ItemId, Option<String>>, Error> {
        let Source { kind, mailbox, .. } = source;
        if ids.len() <= ONE_BY_ONE {
            return self.all_hubs_tags(Shelf { kind, mailbox, path: "" }, Which::These(ids)).await;
        }
        let path = self.source_path(source).await?;
        let shelf = Shelf { kind, mailbox, path: &path };
        let mut tags = self.all_hubs_tags(shelf, Which::All).await?;
        // A listing may lag behind what a delta told.
        let unlisted: Vec<ItemId> = ids.iter().filter(|id| !tags.contains_key(*id)).cloned().collect();
        tags.extend(self.all_hubs_tags(shelf, Which::These(&unlisted)).await?);
        Ok(tags)
    }

    /// The path of a contributing folder.
    ///
    /// A hub's own folder is refused, for what a hub writes must not come back to it as news.
    async fn source_path(&self, source: Source<'_>) -> Result<String, Error> {
        let Source { kind, mailbox, name } = source;
        let names = names(kind);
        let Some(name) = name else {
            return Ok(match kind {
                // Its well-known name: Graph does not list it.
                HubKind::Contacts => names.folder(mailbox, "Contacts"),
                HubKind::Events => format!("/users/{mailbox}/calendar"),
            });
        };
        let folders = self.folders(mailbox, kind).await?;
        let named = || folders.iter().filter(|folder| folder.is_called(name));
        match named().find(|folder| !folder.is_ours()) {
            Some(folder) => Ok(names.folder(mailbox, &folder.id)),
            None if named().next().is_some() => Err(Error::new(
                Kind::Refused,
                names.folders,
                "a hub's own folder can't contribute; name another one",
            )),
            None => Err(Error::new(Kind::Missing, names.folders, "none of the name that is configured")),
        }
    }
}
