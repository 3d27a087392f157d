//! Removing the hub's folder.
//!
//! <https://learn.microsoft.com/graph/api/contactfolder-delete>
//! <https://learn.microsoft.com/graph/api/calendar-delete>

use reqwest::Method;
use serde::de::IgnoredAny;

use super::Writer;
use crate::graph::Place;
use crate::graph::client::{Call, IMMUTABLE};
use crate::graph::error::{Error, Kind};
use crate::graph::json::Page;
use crate::graph::kinds::{Names, names};

const PLACE: &str = "folder (delete)";

impl Writer {
    /// Removes an empty folder; one that is gone already is as good.
    ///
    /// Fails with [`Kind::Conflict`] if anything is left in it: what is not ours is not removed with it.
    pub async fn delete_folder(&self, place: &Place) -> Result<(), Error> {
        let Place { kind, mailbox, folder, .. } = place;
        let names = names(*kind);
        let path = names.folder(mailbox, folder);
        let _turn = self.session.turn(PLACE, mailbox).await?;
        let deleted = match self.holds_something(&path, names).await {
            Ok(true) => {
                Err(Error::new(Kind::Conflict, format!("mailbox {mailbox}"), "the folder is not empty"))
            }
            Ok(false) => self.drop_folder(&path, folder, names).await,
            Err(error) => Err(error),
        };
        deleted.or_else(|error| if error.kind() == Kind::Missing { Ok(()) } else { Err(error) })
    }

    async fn holds_something(&self, path: &str, names: &Names) -> Result<bool, Error> {
        let path = format!("{path}/{}?$select=id&$top=1", names.items);
        let read = |body: bytes::Bytes| Ok(!Page::<IgnoredAny>::read(PLACE, &body)?.items.is_empty());
        self.session.repeat(Call::get(PLACE, &path), read).await
    }

    /// A folder can't go to the deleted items beside one of its name, so it gets a name of its own there.
    async fn drop_folder(&self, path: &str, folder: &str, names: &Names) -> Result<(), Error> {
        match self.change(path, Method::DELETE, None).await {
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::Refused) => {
                let name = serde_json::json!({ names.title: format!("Wheelhouse {folder}") });
                self.change(path, Method::PATCH, Some(name.to_string().into())).await?;
                self.change(path, Method::DELETE, None).await
            }
            deleted => deleted,
        }
    }

    async fn change(&self, path: &str, method: Method, body: Option<bytes::Bytes>) -> Result<(), Error> {
        let call = Call { place: PLACE, method, path, prefer: IMMUTABLE, body, requests: 1 };
        self.session.repeat(call, |_| Ok(())).await
    }
}
