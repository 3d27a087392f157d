//! What Exchange would have mailed to people because of a client's writes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// One mail that left, or one online meeting that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Whose mailbox sent it.
    pub user: Uuid,
    /// What it was.
    pub kind: MailKind,
    /// The event's immutable id.
    pub event: String,
    /// The event's subject.
    pub subject: String,
    /// The addresses of the attendees; empty for an online meeting.
    pub to: Vec<String>,
}

/// The kinds of [`Mail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// New attendees are invited.
    Invitation,
    /// Attendees hear of a change.
    Update,
    /// Attendees hear that it does not take place, or not with them.
    Cancellation,
    /// No mail: an online meeting was made, which cannot be undone.
    OnlineMeeting,
}

/// The addresses of a stored list of attendees.
pub(crate) fn addresses(attendees: Option<&Value>) -> Vec<String> {
    let list = attendees.and_then(Value::as_array).into_iter().flatten();
    let address = |attendee: &Value| attendee.pointer("/emailAddress/address")?.as_str().map(str::to_owned);
    list.filter_map(address).collect()
}
