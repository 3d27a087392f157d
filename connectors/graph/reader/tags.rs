//! Which items are ours?
//!
//! <https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>

use std::collections::BTreeMap;

use sync::hub::Kind as HubKind;
use sync::{ItemId, MailboxId, SourceKey};

use super::Reader;
use crate::graph::Place;
use crate::graph::ask::{Ask, ask};
use crate::graph::client::Call;
use crate::graph::error::{Error, Kind};
use crate::graph::item::Item;
use crate::graph::json::Page;
use crate::graph::kinds::names;
use crate::graph::tag;
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

/// A folder whose items' tags are asked for, whosever they are.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'a> {
    pub kind: HubKind,
    pub mailbox: &'a MailboxId,
    /// The folder's path.
    pub path: &'a str,
}

impl Reader {
    /// The items in the folder that carry the hub's tag, with the identity that the tag names.
    pub async fn tags(&self, place: &Place, which: Which<'_>) -> Result<BTreeMap<ItemId, SourceKey>, Error> {
        let Place { kind, mailbox, folder, hub } = place;
        let shelf = Shelf { kind: *kind, mailbox, path: &names(*kind).folder(mailbox, folder) };
        let tags = self.all_hubs_tags(shelf, which).await?;
        Ok(tags.into_iter().filter_map(|(id, tag)| Some((id, tag::key(&tag?, hub)?))).collect())
    }

    /// The items of a folder, with the tag that each carries.
    pub(super) async fn all_hubs_tags(
        &self,
        shelf: Shelf<'_>,
        which: Which<'_>,
    ) -> Result<BTreeMap<ItemId, Option<String>>, Error> {
        let items = match which {
            Which::All => self.all_tags(shelf).await?,
            Which::These(ids) => self.these_tags(shelf, ids).await?,
        };
        Ok(items.into_iter().filter_map(|item| Some((item.id?, item.tag))).collect())
    }

    async fn all_tags(&self, shelf: Shelf<'_>) -> Result<Vec<Item>, Error> {
        let Shelf { kind, mailbox, path } = shelf;
        let items = names(kind).items;
        let place = format!("{items} (tags)");
        let mut at = format!("{path}/{items}?$select=id&$top={TOP}&{}", tag::expand(tag::ITEM));
        let (mut items, mut walk) = (Vec::new(), Walk::default());
        loop {
            let turn = self.session.turn(&place, mailbox).await?;
            let call = Call::get(&place, &at);
            let page: Page<Item> = self.session.repeat(call, |body| Page::read(&place, &body)).await?;
            drop(turn);
            items.extend(page.items);
            let Some(next) = page.next else { return Ok(items) };
            at = walk.step(&self.session.shared.options.endpoints, &place, &next)?;
        }
    }

    async fn these_tags(&self, shelf: Shelf<'_>, ids: &[ItemId]) -> Result<Vec<Item>, Error> {
        let Shelf { kind, mailbox, .. } = shelf;
        let names = names(kind);
        let (place, expand) = (format!("{} (tags)", names.items), tag::expand(tag::ITEM));
        let question = |id: &ItemId| Ask {
            mailbox: mailbox.clone(),
            url: format!(
                "/users/{mailbox}/{}/{}?$select=id&{expand}",
                names.items,
                tag::escaped(id.as_str())
            ),
            prefer: names.prefer,
        };
        let asks: Vec<Ask> = ids.iter().map(question).collect();
        let answers = ask(&self.session, &place, &asks, |body| Item::read(&place, body)).await;
        let present = |answer: &Result<Item, Error>| {
            answer.as_ref().err().is_none_or(|error| error.kind() != Kind::Missing)
        };
        answers.into_iter().filter(present).collect()
    }
}
