//! Whose folder is it?
//!
//! <https://learn.microsoft.com/graph/api/user-list-contactfolders>

use serde::Deserialize;
use sync::{HubId, MailboxId};

use super::Reader;
use crate::graph::client::Call;
use crate::graph::error::Error;
use crate::graph::json::Page;
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContactFolder {
    id: String,
    display_name: Option<String>,
    #[serde(rename = "singleValueExtendedProperties")]
    properties: Option<Vec<tag::Property>>,
}

const PLACE: &str = "contactFolders";

impl ContactFolder {
    fn is_of(&self, hub: &HubId) -> bool {
        let mark = self.properties.iter().flatten().find(|property| property.is(tag::HUB));
        mark.and_then(|mark| mark.value.as_deref()) == Some(hub.as_str())
    }
}

impl Reader {
    /// Looks for the hub's folder.
    pub async fn folder(&self, mailbox: &MailboxId, hub: &HubId, name: &str) -> Result<Folder, Error> {
        let folders = self.folders(mailbox).await?;
        let named = |folder: &&ContactFolder| {
            folder.display_name.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(name))
        };
        let mut ours: Vec<_> = folders.iter().filter(|folder| folder.is_of(hub)).collect();
        ours.sort_by_key(|folder| !named(folder));
        Ok(match ours.first() {
            Some(folder) => Folder::Ours(folder.id.clone()),
            None if folders.iter().any(|folder| named(&folder)) => Folder::Foreign,
            None => Folder::Absent,
        })
    }

    async fn folders(&self, mailbox: &MailboxId) -> Result<Vec<ContactFolder>, Error> {
        let mark = tag::expand(tag::HUB);
        let mut at = format!("/users/{mailbox}/contactFolders?$select=id,displayName&$top=250&{mark}");
        let (mut folders, mut walk) = (Vec::new(), Walk::default());
        loop {
            let turn = self.session.turn(PLACE, mailbox).await?;
            let call = Call::get(PLACE, &at);
            let page: Page<ContactFolder> =
                self.session.repeat(call, |body| Page::read(PLACE, &body)).await?;
            drop(turn);
            folders.extend(page.items);
            let Some(next) = page.next else { return Ok(folders) };
            at = walk.step(&self.session.shared.options.endpoints, PLACE, &next)?;
        }
    }
}
