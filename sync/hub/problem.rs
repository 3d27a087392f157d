//! What is wrong with a configuration, where, and what to do.

use serde::Serialize;
use thiserror::Error;

use crate::directory::GroupError;

/// One thing that keeps a configuration from being used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[error("{}: {problem}; {fix}", if field.is_empty() { "the document" } else { field })]
pub struct Problem {
    /// Where, such as `spokes[1].receives.audience`; empty for the document as a whole.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl Problem {
    /// Says what is wrong where, and what to do.
    pub fn new(field: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Problem { field: field.into(), problem: problem.into(), fix: fix.into() }
    }

    pub(crate) fn group(field: impl Into<String>, error: &GroupError) -> Self {
        let fix = match error {
            GroupError::Unknown(_) => {
                "give the object id of a security, Microsoft 365 or distribution group of this tenant \
                 (dynamic distribution groups can't be read)"
            }
            GroupError::NotRead => "run the hub again when the directory can be read",
        };
        Problem::new(field, error.to_string(), fix)
    }
}
