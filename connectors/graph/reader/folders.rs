//! Whose folder is it?
//!
//! <https://learn.microsoft.com/graph/api/user-list-contactfolders>
//! <https://learn.microsoft.com/graph/api/user-list-calendars>

use serde::Deserialize;
use sync::hub::Kind;
use sync::{HubId, MailboxId};

use super::Reader;
use crate::graph::Managed;
use crate::graph::client::Call;
use crate::graph::error::Error;
use crate::graph::json::Page;
use crate::graph::kinds::names;
use crate::graph::tag;
use crate::graph::walk::Walk;

/// What a mailbox has in the place of the hub's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// The hub's folder, by its mark and whatever its name is by now.
    Ours(String),
    /// A folder of that name that is somebody else's.
    Foreign,
    /// Nothing of that name.
    Absent,
}

/// A contact folder or calendar of a mailbox.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub id: String,
    #[serde(alias = "displayName")]
    name: Option<String>,
    /// Of calendars: only its owner may share it, so that one of somebody else's is known.
    can_share: Option<bool>,
    #[serde(rename = "singleValueExtendedProperties")]
    properties: Option<Vec<tag::Property>>,
}

impl Listed {
    fn mark(&self) -> Option<&str> {
        let mark = self.properties.iter().flatten().find(|property| property.is(tag::HUB));
        mark.and_then(|mark| mark.value.as_deref())
    }

    /// Whether it is the folder of any hub.
    pub(super) fn is_ours(&self) -> bool {
        self.mark().is_some()
    }

    fn is_of(&self, hub: &HubId) -> bool {
        self.mark() == Some(hub.as_str())
    }

    /// Whether it is the mailbox's own, and not one that somebody else shares with its owner.
    fn is_own(&self) -> bool {
        self.can_share != Some(false)
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.as_deref().is_some_and(|own| own.to_lowercase() == name.to_lowercase())
    }
}

impl Reader {
    /// Looks for the hub's folder.
    pub async fn folder(&self, mailbox: &MailboxId, managed: Managed<'_>) -> Result<Folder, Error> {
        let Managed { kind, hub, name, .. } = managed;
        let mut folders = self.folders(mailbox, kind).await?;
        folders.retain(Listed::is_own);
        let mut ours: Vec<_> = folders.iter().filter(|folder| folder.is_of(hub)).collect();
        ours.sort_by_key(|folder| !folder.is_called(name));
        Ok(match ours.first() {
            Some(folder) => Folder::Ours(folder.id.clone()),
            None if folders.iter().any(|folder| folder.is_called(name)) => Folder::Foreign,
            None => Folder::Absent,
        })
    }

    /// All folders of a kind, but the default contact folder, which Graph does not list.
    pub(super) async fn folders(&self, mailbox: &MailboxId, kind: Kind) -> Result<Vec<Listed>, Error> {
        let names = names(kind);
        let (place, mark) = (names.folders, tag::expand(tag::HUB));
        let select = match kind {
            Kind::Contacts => "id,displayName",
            Kind::Events => "id,name,canShare",
        };
        let mut at = format!("{}?$select={select}&$top=250&{mark}", names.folders_of(mailbox));
        let (mut folders, mut walk) = (Vec::new(), Walk::default());
        loop {
            let turn = self.session.turn(place, mailbox).await?;
            let call = Call::get(place, &at);
            let page: Page<Listed> = self.session.repeat(call, |body| Page::read(place, &body)).await?;
            drop(turn);
            folders.extend(page.items);
            let Some(next) = page.next else { return Ok(folders) };
            at = walk.step(&self.session.shared.options.endpoints, place, &next)?;
        }
    }
}
