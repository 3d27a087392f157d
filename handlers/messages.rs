//! What the queues carry: ids, never content.

use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sync::{HubId, MailboxId, TenantId};
use thiserror::Error;

use crate::App;
use crate::host::Failure;

/// The version of all messages that this program writes and reads.
const VERSION: u32 = 1;
/// The most mailboxes of one message: what one batch of Graph takes.
pub const MOST_MAILBOXES: usize = 20;

/// A message that a queue carries.
pub trait Message: Serialize + DeserializeOwned + Send + Sync {
    /// The queue, named as its function.
    const QUEUE: &'static str;

    /// What is wrong with a message that could be read.
    fn check(&self) -> Result<(), BadMessage> {
        Ok(())
    }
}

/// Read the sources of a hub and send the mailboxes what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gather {
    /// Whose hub.
    pub tenant: TenantId,
    /// The hub.
    pub hub: HubId,
    /// The run that this begins.
    pub run: String,
    /// What started it.
    pub reason: Reason,
    /// How often it had to wait for another gathering of the same hub.
    #[serde(default)]
    pub waited: u32,
}

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The hub's schedule: only what changed is sent.
    Schedule,
    /// Somebody asked for it: every mailbox is compared.
    Manual,
    /// Users of two-way spokes changed something: only what follows from it is sent.
    Edits,
}

/// Make some mailboxes of a hub right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncMailbox {
    /// Whose hub.
    pub tenant: TenantId,
    /// The hub.
    pub hub: HubId,
    /// The run that this is part of.
    pub run: String,
    /// Which part of the run: its outcome is stored under this name.
    pub part: String,
    /// What the mailboxes shall hold.
    pub goal: Aim,
    /// The receiving spoke that the mailboxes belong to; empty where they are to be cleaned.
    #[serde(default)]
    pub spoke: String,
    /// Mailboxes that are left alone for a time are visited too: somebody asked for it.
    #[serde(default)]
    pub retry: bool,
    /// Whose mailboxes, at most [`MOST_MAILBOXES`].
    pub mailboxes: Vec<MailboxId>,
    /// Those of them that stand in the hub's list of open mailboxes.
    #[serde(default)]
    pub open: Vec<MailboxId>,
    /// How many mailboxes the run serves, for the guard over a whole run.
    pub serves: usize,
    /// How often a mailbox that is alone in its message was put back.
    #[serde(default)]
    pub attempt: u32,
}

/// Go on with what was asked for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Privacy {
    /// Whose person.
    pub tenant: TenantId,
    /// The request, which says who and what.
    pub request: String,
}

/// What mailboxes shall hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aim {
    /// The hub's content.
    Mirror,
    /// Nothing of the hub.
    Clean,
    /// Nothing of the hub, once somebody agreed: too many left at once.
    CleanIfApproved,
}

impl Reason {
    /// The reason as it stands in the run's record.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Schedule => "schedule",
            Reason::Manual => "manual",
            Reason::Edits => "edits",
        }
    }
}

impl Message for Gather {
    const QUEUE: &'static str = "gather";
}

impl Message for Privacy {
    const QUEUE: &'static str = "privacy";

    fn check(&self) -> Result<(), BadMessage> {
        if is_run_id(&self.request) { Ok(()) } else { Err(BadMessage::Fields(Self::QUEUE)) }
    }
}

impl Message for SyncMailbox {
    const QUEUE: &'static str = "sync-mailbox";

    fn check(&self) -> Result<(), BadMessage> {
        let fits = (1..=MOST_MAILBOXES).contains(&self.mailboxes.len());
        if fits { Ok(()) } else { Err(BadMessage::TooMany(self.mailboxes.len())) }
    }
}

/// Whether a text has the form of the ids of runs and requests, which go into keys.
pub fn is_run_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&text.len()) && text.chars().all(fits)
}

/// A message that can't be worked on, whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadMessage {
    /// There is nothing in it.
    #[error("the message is empty; whoever sent it must send the JSON of a {0} message")]
    Empty(&'static str),
    /// It is not what this queue carries.
    #[error(
        "the message is not the JSON of a {queue} message (line {line}, column {column}); look for who sent it"
    )]
    NotOurs {
        /// The queue.
        queue: &'static str,
        /// Where reading ended.
        line: usize,
        /// Where reading ended.
        column: usize,
    },
    /// It is JSON, and not what this queue carries.
    #[error(
        "the message is JSON, but no {0} message: a field is missing, unknown or wrong; look for who sent it"
    )]
    Fields(&'static str),
    /// Another program version wrote it.
    #[error(
        "the message has version {0} and this program reads version {VERSION}; finish the upgrade, then send it again"
    )]
    OtherVersion(u64),
    /// It names no mailbox, or too many.
    #[error("the message names {0} mailboxes and must name 1 to {MOST_MAILBOXES}")]
    TooMany(usize),
}

#[derive(Serialize)]
struct Envelope<'a, M> {
    v: u32,
    #[serde(flatten)]
    message: &'a M,
}

/// The bytes of a message.
fn encode<M: Message>(message: &M) -> Result<Bytes, Failure> {
    serde_json::to_vec(&Envelope { v: VERSION, message }).map(Bytes::from).map_err(Failure::retry)
}

/// Reads a message, or says why it can't be one.
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, BadMessage> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(BadMessage::Empty(M::QUEUE));
    }
    let not_ours = |error: serde_json::Error| BadMessage::NotOurs {
        queue: M::QUEUE,
        line: error.line(),
        column: error.column(),
    };
    let mut fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(bytes).map_err(not_ours)?;
    match fields.remove("v").and_then(|version| version.as_u64()) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(BadMessage::OtherVersion(version)),
        None => return Err(BadMessage::Fields(M::QUEUE)),
    }
    // What serde says of it may hold what stands in it.
    let message: M = serde_json::from_value(fields.into()).map_err(|_| BadMessage::Fields(M::QUEUE))?;
    message.check()?;
    Ok(message)
}

impl App {
    /// Puts a message on its queue, to be seen after a delay.
    pub async fn send<M: Message>(&self, message: &M, delay: Duration) -> Result<(), Failure> {
        Ok(self.queue.send(M::QUEUE, encode(message)?, delay).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather() -> Gather {
        Gather {
            tenant: TenantId::new("11111111-2222-3333-4444-555555555555").unwrap(),
            hub: HubId::new("company").unwrap(),
            run: "20260101t000000-00000000".into(),
            reason: Reason::Schedule,
            waited: 0,
        }
    }

    #[test]
    fn a_message_survives_the_queue() {
        assert_eq!(decode::<Gather>(&encode(&gather()).unwrap()).unwrap(), gather());
    }

    #[test]
    fn what_is_no_message_is_refused_in_words() {
        let say = |bytes: &[u8]| decode::<Gather>(bytes).unwrap_err().to_string();
        insta::assert_snapshot!(say(b" \n"), @"the message is empty; whoever sent it must send the JSON of a gather message");
        insta::assert_snapshot!(say(b"hello"), @"the message is not the JSON of a gather message (line 1, column 1); look for who sent it");
        insta::assert_snapshot!(say(br#"{"v":7}"#), @"the message has version 7 and this program reads version 1; finish the upgrade, then send it again");
        insta::assert_snapshot!(say(br#"{"v":1,"hub":"../x"}"#), @"the message is JSON, but no gather message: a field is missing, unknown or wrong; look for who sent it");
        let crowd = br#"{"v":1,"tenant":"11111111-2222-3333-4444-555555555555","hub":"h","run":"r","part":"p","goal":"mirror","serves":1,"mailboxes":[]}"#;
        insta::assert_snapshot!(decode::<SyncMailbox>(crowd).unwrap_err(), @"the message names 0 mailboxes and must name 1 to 20");
    }
}
