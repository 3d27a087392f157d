//! What became of single occurrences of a series.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::Content;

/// The occurrences that are not as their series says, by the day on which the series had them, in its own zone.
pub type Occurrences = BTreeMap<NaiveDate, Occurrence>;

/// One occurrence that is not as its series says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Occurrence {
    /// It does not take place.
    Cancelled,
    /// It differs: its timing always, and those fields that are not the series' own.
    Changed(Content),
}
