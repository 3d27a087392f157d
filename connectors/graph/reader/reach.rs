//! Which mailboxes the application can reach, and which it can not.
//!
//! <https://learn.microsoft.com/exchange/permissions-exo/application-rbac>

use bytes::Bytes;
use serde::de::IgnoredAny;
use sync::MailboxId;

use super::Reader;
use crate::graph::ask::{Ask, ask};
use crate::graph::error::{Error, Kind};
use crate::graph::json::Page;

/// Whether something of a mailbox can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It can.
    Yes,
    /// The tenant did not grant it, or not for this mailbox.
    Refused,
    /// There is no mailbox, or none in the cloud.
    NoMailbox,
    /// Something else stood in the way: ask again.
    Unknown,
}

/// How far the application reaches into one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whose mailbox.
    pub mailbox: MailboxId,
    /// Its contacts.
    pub contacts: Reached,
    /// Its calendars.
    pub calendars: Reached,
}

const PLACE: &str = "reach";

impl Reader {
    /// Looks into each mailbox, at its contact folders and at its calendars; nothing of what lies in them is read.
    ///
    /// A scope that was set in Exchange shows after half an hour to two hours. Fails if the tenant does not let us in at all.
    pub async fn reach(&self, mailboxes: &[MailboxId]) -> Result<Vec<Reach>, Error> {
        let asks: Vec<Ask> = mailboxes.iter().flat_map(questions).collect();
        let answers =
            ask(&self.session, PLACE, &asks, |body: &Bytes| Page::<IgnoredAny>::read(PLACE, body).map(drop));
        let mut answers = answers.await.into_iter();
        let mut next = || answers.next().map_or(Ok(Reached::Unknown), reached);
        let reach = |mailbox: &MailboxId| {
            Ok(Reach { mailbox: mailbox.clone(), contacts: next()?, calendars: next()? })
        };
        mailboxes.iter().map(reach).collect()
    }
}

fn questions(mailbox: &MailboxId) -> [Ask; 2] {
    ["contactFolders", "calendars"].map(|what| Ask {
        mailbox: mailbox.clone(),
        url: format!("/users/{mailbox}/{what}?$select=id&$top=1"),
        prefer: crate::graph::client::IMMUTABLE,
    })
}

fn reached(answer: Result<(), Error>) -> Result<Reached, Error> {
    let Err(error) = answer else { return Ok(Reached::Yes) };
    match error.kind() {
        Kind::Permission => Ok(Reached::Refused),
        Kind::SkipMailbox | Kind::Missing => Ok(Reached::NoMailbox),
        Kind::Consent(_) | Kind::Credential => Err(error),
        _ => Ok(Reached::Unknown),
    }
}
