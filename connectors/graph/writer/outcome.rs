//! What an answer says about one operation.

use std::time::Duration;

use sync::{Effect, ItemId, Op};

use crate::graph::error::{Error, Kind};
use crate::graph::http::Answer;
use crate::graph::item::Item;

/// What follows from an answer.
pub(super) enum Outcome {
    /// It is known what happened.
    Settled(Effect),
    /// It was done to a series, of which the answer does not tell the occurrences.
    Series(ItemId),
    /// It was not done, and may be sent again after a time.
    Throttled(Duration),
    /// It may have been done.
    Uncertain,
    /// It was refused, as everything else here may be too.
    Refused(Error),
    /// It was not done, and nothing else in this mailbox can be.
    Stop(Error),
}

/// Judges the answer to an operation; `again` if it was sent before and that answer was lost.
pub(super) fn outcome(op: &Op, again: bool, answer: Option<Answer>) -> Outcome {
    let Some(answer) = answer else { return Outcome::Uncertain };
    match (answer.status, op) {
        (200..=299, Op::Delete { .. }) => Outcome::Settled(Effect::Deleted),
        (200..=299, op) => written(op, &answer.body),
        _ => refused(op, again, crate::graph::client::refusal("item", answer)),
    }
}

fn written(op: &Op, body: &[u8]) -> Outcome {
    match Item::read("item", body) {
        // A new series has no occurrence that differs.
        Ok(Item { id: Some(id), event, .. }) if event.is_series && matches!(op, Op::Update { .. }) => {
            Outcome::Series(id)
        }
        Ok(Item { id: Some(id), change_key: Some(change_key), spoiled: false, content, .. }) => {
            Outcome::Settled(Effect::Written { id, change_key, content })
        }
        _ => Outcome::Uncertain,
    }
}

fn refused(op: &Op, again: bool, error: Error) -> Outcome {
    let delete = matches!(op, Op::Delete { .. });
    match error.kind() {
        Kind::Throttled { .. } => Outcome::Throttled(error.wait_if_throttled().unwrap_or_default()),
        _ if error.passes() => Outcome::Uncertain,
        Kind::Missing if delete => Outcome::Settled(Effect::Deleted),
        Kind::Permission if delete && error.code() == "ErrorCannotDeleteObject" => {
            Outcome::Settled(Effect::Deleted)
        }
        Kind::Missing if matches!(op, Op::Update { .. }) => Outcome::Settled(Effect::Missing),
        // It was created by an attempt whose answer is lost.
        Kind::Conflict if error.code() == "ErrorDuplicateTransactionId" => Outcome::Uncertain,
        // The version may have moved by our own first attempt.
        Kind::Conflict if again => Outcome::Settled(Effect::Unknown),
        Kind::Conflict => Outcome::Settled(Effect::Conflict),
        Kind::Permission => Outcome::Refused(error),
        Kind::SkipMailbox | Kind::Missing | Kind::Consent(_) | Kind::Credential => Outcome::Stop(error),
        _ => Outcome::Settled(Effect::Refused(error.code().to_owned())),
    }
}
