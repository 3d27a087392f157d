//! Point reads: is the item there, and is it ours?
//!
//! <https://learn.microsoft.com/graph/api/contact-get>

use sync::{Copy, ItemId};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::client::IMMUTABLE;
use crate::graph::contact::{Item, SELECT};
use crate::graph::error::{Error, Kind};
use crate::graph::tag::{self, escaped};

const PLACE: &str = "contact";

impl Reader {
    /// Looks at each item itself, which never lags; `None` if it is gone, in another folder or without the hub's
    /// tag.
    pub async fn look(&self, place: &Place, ids: &[ItemId]) -> Vec<(ItemId, Result<Option<Copy>, Error>)> {
        let (mailbox, select, expand) = (&place.mailbox, SELECT.as_str(), tag::expand(tag::ITEM));
        let question = |id: &ItemId| Ask {
            mailbox: mailbox.clone(),
            url: format!("/users/{mailbox}/contacts/{}?$select={select}&{expand}", escaped(id.as_str())),
            prefer: IMMUTABLE,
        };
        let asks: Vec<Ask> = ids.iter().map(question).collect();
        let answers = ask(&self.session, PLACE, &asks, |body| Item::read(PLACE, body)).await;
        ids.iter().cloned().zip(answers.into_iter().map(|answer| copy(place, answer))).collect()
    }
}

fn copy(place: &Place, answer: Result<Item, Error>) -> Result<Option<Copy>, Error> {
    let item = match answer {
        Err(error) if error.kind() == Kind::Missing => return Ok(None),
        answer => answer?,
    };
    let elsewhere = item.folder.as_ref().is_some_and(|folder| *folder != place.folder);
    if elsewhere || item.key(&place.hub).is_none() {
        return Ok(None);
    }
    let unreadable = || Error::new(Kind::Protocol, PLACE, "a property of another form than documented");
    item.into_copy(&place.hub).map(Some).ok_or_else(unreadable)
}
