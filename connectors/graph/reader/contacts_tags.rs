//! Which items are ours?
//!
//! <https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>

use std::collections::BTreeMap;

use sync::{ItemId, SourceKey};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::client::{Call, IMMUTABLE};
use crate::graph::contact::Item;
use crate::graph::error::{Error, Kind};
use crate::graph::json::Page;
use crate::graph::tag::{self, escaped};
use crate::graph::walk::Walk;

/// Which items' tags are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// Everything in the folder, page by page: a listing, which may lag.
    All,
    /// These, one by one.
    These(&'a [ItemId]),
}

/// The largest page of a listing.
const TOP: usize = 999;

const PLACE: &str = "contacts (tags)";

impl Reader {
    /// The items in the folder that carry the hub's tag, with the identity that the tag names.
    pub async fn tags(&self, place: &Place, which: Which<'_>) -> Result<BTreeMap<ItemId, SourceKey>, Error> {
        let items = match which {
            Which::All => self.all_tags(place).await?,
            Which::These(ids) => self.these_tags(place, ids).await?,
        };
        Ok(items.into_iter().filter_map(|item| Some((item.id.clone()?, item.key(&place.hub)?))).collect())
    }

    async fn all_tags(&self, place: &Place) -> Result<Vec<Item>, Error> {
        let Place { mailbox, folder, .. } = place;
        let (folder, expand) = (escaped(folder), tag::expand(tag::ITEM));
        let mut at =
            format!("/users/{mailbox}/contactFolders/{folder}/contacts?$select=id&$top={TOP}&{expand}");
        let (mut items, mut walk) = (Vec::new(), Walk::default());
        loop {
            let turn = self.session.turn(PLACE, mailbox).await?;
            let call = Call::get(PLACE, &at);
            let page: Page<Item> = self.session.repeat(call, |body| Page::read(PLACE, &body)).await?;
            drop(turn);
            items.extend(page.items);
            let Some(next) = page.next else { return Ok(items) };
            at = walk.step(&self.session.shared.options.endpoints, PLACE, &next)?;
        }
    }

    async fn these_tags(&self, place: &Place, ids: &[ItemId]) -> Result<Vec<Item>, Error> {
        let expand = tag::expand(tag::ITEM);
        let question = |id: &ItemId| Ask {
            mailbox: place.mailbox.clone(),
            url: format!("/users/{}/contacts/{}?$select=id&{expand}", place.mailbox, escaped(id.as_str())),
            prefer: IMMUTABLE,
        };
        let asks: Vec<Ask> = ids.iter().map(question).collect();
        let answers = ask(&self.session, PLACE, &asks, |body| Item::read(PLACE, body)).await;
        let present = |answer: &Result<Item, Error>| {
            answer.as_ref().err().is_none_or(|error| error.kind() != Kind::Missing)
        };
        answers.into_iter().filter(present).collect()
    }
}
