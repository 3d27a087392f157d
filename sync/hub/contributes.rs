//! What a spoke brings into the hub.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::audience::mailbox;
use crate::MailboxId;
use crate::directory::Rules;
use crate::filter::Filter;
use crate::mapping::{EventOptions, Mapping};

/// What a spoke brings into the hub; which of the parts it may have is a matter of its connector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Contributes {
    /// Of a `directory`: who is in.
    pub rules: Rules,
    /// Of a `directory`: what becomes of each.
    pub mapping: Mapping,
    /// Of a `mailbox`: the object id of the user, shared or room account that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// Of a `mailbox`: the name of the contact folder or calendar; the default one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Of a `file`: where it is; it is uploaded if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// Of a `file` at an address: who asks for it, where its server wants to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignIn>,
    /// Of an events hub: which events are in, and what becomes of each.
    pub events: EventOptions,
    /// Only what fulfils this condition, judged before anything else becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
}

/// An iCalendar file.
///
/// `Debug` shows the kind only: an address may hold a secret, a file holds personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum File {
    /// It is fetched from this address.
    Url(String),
    /// This is it.
    Text(String),
}

/// Who asks for a file.
///
/// `Debug` shows the reference only: a user's name may be a person's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// The user that its server knows.
    pub user: String,
    /// The name of the secret that proves it; the secret itself lies in the vault.
    pub secret: String,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl Contributes {
    /// The mailbox it comes from, if it names one.
    pub fn mailbox_id(&self) -> Option<MailboxId> {
        self.mailbox.as_deref().and_then(mailbox)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            File::Url(_) => "Url",
            File::Text(_) => "Text",
        })
    }
}
