//! Point reads: is the item there, and is it ours?
//!
//! <https://learn.microsoft.com/graph/api/contact-get>
//! <https://learn.microsoft.com/graph/api/event-get>

use sync::hub::Kind as HubKind;
use sync::{Copy, ItemId};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::error::{Error, Kind};
use crate::graph::event;
use crate::graph::item::{Found, Item};
use crate::graph::kinds::{Names, names};
use crate::graph::tag::{self, escaped};

impl Reader {
    /// Looks at each item itself, which never lags; `None` if it is gone, in another folder or without the hub's
    /// tag.
    pub async fn look(&self, place: &Place, ids: &[ItemId]) -> Vec<(ItemId, Result<Option<Copy>, Error>)> {
        let copy = |found: Option<Found>| found.and_then(Found::into_copy);
        self.look_any(place, ids).await.into_iter().map(|(id, found)| (id, found.map(copy))).collect()
    }

    /// Looks at each item itself, whoever made it; `None` if it is gone, in another folder or another hub's.
    pub async fn look_any(
        &self,
        place: &Place,
        ids: &[ItemId],
    ) -> Vec<(ItemId, Result<Option<Found>, Error>)> {
        let names = names(place.kind);
        let question = |id: &ItemId| Ask {
            mailbox: place.mailbox.clone(),
            url: url(place, names, id),
            prefer: names.prefer,
        };
        let asks: Vec<Ask> = ids.iter().map(question).collect();
        let answers = ask(&self.session, names.item, &asks, |body| Item::read(names.item, body)).await;
        ids.iter().cloned().zip(answers.into_iter().map(|answer| found(place, answer))).collect()
    }
}

fn url(place: &Place, names: &Names, id: &ItemId) -> String {
    let (mailbox, select, mark) = (&place.mailbox, &*names.select, tag::mark(tag::ITEM));
    match place.kind {
        HubKind::Contacts => {
            format!("/users/{mailbox}/contacts/{}?$select={select}&$expand={mark}", escaped(id.as_str()))
        }
        // An event does not tell its calendar: below its calendar it is found only there.
        HubKind::Events => {
            let (at, more) = (names.item_of(mailbox, &place.folder, id), event::ONLY_LOOKED);
            format!("{at}?$select={select},{more}&$expand=exceptionOccurrences,{mark}")
        }
    }
}

fn found(place: &Place, answer: Result<Item, Error>) -> Result<Option<Found>, Error> {
    let item = match answer {
        Err(error) if error.kind() == Kind::Missing => return Ok(None),
        answer => answer?,
    };
    let elsewhere = item.folder.as_ref().is_some_and(|folder| *folder != place.folder);
    if elsewhere || item.is_of_another(&place.hub) {
        return Ok(None);
    }
    // What is not ours may be as it likes.
    let is_tagged = item.tag.is_some();
    match item.into_found(&place.hub) {
        None if is_tagged => Err(Error::new(
            Kind::Protocol,
            names(place.kind).item,
            "a property of another form than documented",
        )),
        found => Ok(found),
    }
}
