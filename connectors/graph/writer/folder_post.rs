//! Making the hub's folder.
//!
//! <https://learn.microsoft.com/graph/api/user-post-contactfolders>
//! <https://learn.microsoft.com/graph/api/user-post-calendars>

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use sync::MailboxId;

use super::Writer;
use crate::graph::Managed;
use crate::graph::client::{Call, IMMUTABLE};
use crate::graph::error::{Error, Kind};
use crate::graph::json::parse;
use crate::graph::kinds::names;
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

#[derive(Deserialize)]
struct MadeFolder {
    id: String,
}

const PLACE: &str = "folder (make)";

impl Writer {
    /// Makes the hub's folder, or finds it, whatever its owner calls it by now.
    ///
    /// Fails with [`Kind::Refused`] if the mailbox has a folder of that name that is not the hub's.
    pub async fn ensure_folder(&self, mailbox: &MailboxId, managed: Managed<'_>) -> Result<Made, Error> {
        // A renamed folder leaves its name free: without looking first the mailbox would get a second one.
        if let Some(made) = self.found_folder(mailbox, managed).await? {
            return Ok(made);
        }
        match self.post_folder(mailbox, managed).await {
            Ok(id) => Ok(Made { id, fresh: true }),
            Err(error) if error.kind() == Kind::Conflict || error.may_have_happened() => {
                self.found_folder(mailbox, managed).await?.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Sent again after an uncertain answer: a second folder of the name is refused, so there is only ever one.
    async fn post_folder(&self, mailbox: &MailboxId, managed: Managed<'_>) -> Result<String, Error> {
        let Managed { kind, hub, name, color } = managed;
        let names = names(kind);
        let mut folder = json!({ names.title: name, "singleValueExtendedProperties": [Property::hub(hub)] });
        if let (Some(folder), Some(color)) = (folder.as_object_mut(), color) {
            folder.insert("color".to_owned(), color.into());
        }
        let path = names.folders_of(mailbox);
        let body = Some(folder.to_string().into());
        let call =
            Call { place: PLACE, method: Method::POST, path: &path, prefer: IMMUTABLE, body, requests: 1 };
        let _turn = self.session.turn(PLACE, mailbox).await?;
        self.session.repeat(call, |body| Ok(parse::<MadeFolder>(PLACE, &body)?.id)).await
    }

    async fn found_folder(&self, mailbox: &MailboxId, managed: Managed<'_>) -> Result<Option<Made>, Error> {
        match self.reader.folder(mailbox, managed).await? {
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
