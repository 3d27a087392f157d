//! Making the hub's folder.
//!
//! <https://learn.microsoft.com/graph/api/user-post-contactfolders>

use reqwest::Method;
use serde::{Deserialize, Serialize};
use sync::{HubId, MailboxId};

use super::Writer;
use crate::graph::client::{Call, IMMUTABLE};
use crate::graph::error::{Error, Kind};
use crate::graph::json;
use crate::graph::reader::Folder;
use crate::graph::tag::Property;

/// The hub's folder, as it was made or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The folder's id.
    pub id: String,
    /// Whether it was made by this call and so holds nothing.
    pub fresh: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewFolder<'a> {
    display_name: &'a str,
    single_value_extended_properties: [Property; 1],
}

#[derive(Deserialize)]
struct MadeFolder {
    id: String,
}

const PLACE: &str = "contactFolders (make)";

impl Writer {
    /// Makes the hub's folder, or finds it, whatever its owner calls it by now.
    ///
    /// Fails with [`Kind::Refused`] if the mailbox has a folder of that name that is not the hub's.
    pub async fn ensure_folder(&self, mailbox: &MailboxId, hub: &HubId, name: &str) -> Result<Made, Error> {
        // A renamed folder leaves its name free: without looking first the mailbox would get a second one.
        if let Some(made) = self.found_folder(mailbox, hub, name).await? {
            return Ok(made);
        }
        match self.post_folder(mailbox, hub, name).await {
            Ok(id) => Ok(Made { id, fresh: true }),
            Err(error) if error.kind() == Kind::Conflict || error.may_have_happened() => {
                self.found_folder(mailbox, hub, name).await?.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Sent again after an uncertain answer: a second folder of the name is refused, so there is only ever one.
    async fn post_folder(&self, mailbox: &MailboxId, hub: &HubId, name: &str) -> Result<String, Error> {
        let folder = NewFolder { display_name: name, single_value_extended_properties: [Property::hub(hub)] };
        let body = serde_json::to_vec(&folder)
            .map_err(|_| Error::new(Kind::Refused, PLACE, "this can't be written as JSON"))?;
        let path = format!("/users/{mailbox}/contactFolders");
        let call = Call {
            place: PLACE,
            method: Method::POST,
            path: &path,
            prefer: IMMUTABLE,
            body: Some(body.into()),
        };
        let _turn = self.session.turn(PLACE, mailbox).await?;
        self.session.repeat(call, |body| Ok(json::parse::<MadeFolder>(PLACE, &body)?.id)).await
    }

    async fn found_folder(
        &self,
        mailbox: &MailboxId,
        hub: &HubId,
        name: &str,
    ) -> Result<Option<Made>, Error> {
        match self.reader.folder(mailbox, hub, name).await? {
            Folder::Ours(id) => Ok(Some(Made { id, fresh: false })),
            Folder::Foreign => Err(Error::new(
                Kind::Refused,
                format!("mailbox {mailbox}"),
                "folder: one of that name exists and is not ours; choose another name, or rename that one",
            )),
            Folder::Absent => Ok(None),
        }
    }
}
